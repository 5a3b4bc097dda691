"""The three addresses a machine asks."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy import make_url, update

from app import outbox
from app.checks import disk
from app.clock import now
from app.extensions import db
from app.outbox.models import OutboxRow
from app.sync import links
from tests.conftest import close, make_app
from tests.support.strangers import Strangers


def test_a_process_that_runs_says_so(client):
    assert client.get("/healthz").data == b"ok\n"


def test_a_migrated_database_is_ready(client):
    answer = client.get("/readyz")
    assert answer.status_code == 200 and answer.json["ready"], answer.json


def test_an_old_database_is_not_ready_and_the_answer_says_what_to_do(app, client):
    with app.app_context():
        db.session.execute(db.text("UPDATE alembic_version SET version_num = '0001'"))
        db.session.commit()
    answer = client.get("/readyz")
    assert answer.status_code == 503 and "flask db upgrade" in answer.json["migrations"]


@pytest.mark.settings(DATABASE_URL="postgresql+psycopg://nobody@127.0.0.1:1/none")
def test_without_a_database_it_is_alive_and_not_ready(client):
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503


def test_a_database_that_answers_and_takes_nothing_is_not_ready(store, database, tmp_path):
    with Strangers() as strangers:
        reader = reading_only(database, tmp_path) if store.server else taken_over(database, strangers, tmp_path)
        with strangers.nobody():
            answer = reader.test_client().get("/readyz")
        close(reader)
    assert answer.status_code == 503 and "nothing can be written" in answer.json["database"], answer.json


def reading_only(database, tmp_path):
    url = make_url(database).update_query_dict({"options": "-c default_transaction_read_only=on"})
    return make_app(url.render_as_string(hide_password=False), tmp_path / "instance")


def taken_over(database, strangers, tmp_path):
    """Somebody has put a copy in place as root."""
    path = strangers.folder / "samtykke.db"
    path.write_bytes(Path(make_url(database).database).read_bytes())
    path.chmod(0o444)
    return make_app(f"sqlite:///{path}", tmp_path / "instance")


def test_a_full_disk_is_not_ready_where_the_database_lies_on_it(app, client, store, monkeypatch):
    monkeypatch.setattr(disk, "LITTLE", 1 << 60)
    answer = client.get("/readyz")
    if store.server:  # its disk is not ours
        assert answer.status_code == 200
    else:
        assert answer.status_code == 503 and "is full" in answer.json["database"]


def test_whoever_writes_for_long_does_not_make_it_unready_and_is_not_waited_for(app, client):
    with app.app_context():
        db.session.execute(update(OutboxRow).values(error=""))  # the lock of SQLite, until the end
        started = monotonic()
        with app.app_context():
            answer = client.get("/readyz")
    assert answer.status_code == 200 and monotonic() - started < 2


def test_late_work_is_told_and_visitors_are_still_received(app, client):
    late(app, "letter.send")
    answer = client.get("/readyz")
    assert answer.status_code == 200 and "1 pieces of work are late" in answer.json["outbox"]


def test_what_waits_for_a_paused_processor_is_not_late(app, client):
    late(app, "letter.send")
    with app.app_context():
        db.session.add(
            OutboxRow(kind="sync.push", lane="sandbox:7", ref="sandbox:7", run_at=now() - timedelta(hours=1))
        )
        outbox.hold("letter.send")
        db.session.commit()
    assert "1 pieces of work are late" in client.get("/readyz").json["outbox"]
    with app.app_context():
        links.pause("sandbox", "cli")
        db.session.commit()
    answer = client.get("/readyz")
    assert answer.status_code == 200 and answer.json["ready"] and answer.json["outbox"] == "nothing is late"
    assert "samtykke_outbox_oldest_due_seconds 0.0" in client.get("/metrics").text


def test_metrics_count_what_waits(app, client):
    late(app, "letter.send")
    page = client.get("/metrics").text
    assert 'samtykke_outbox_waiting{kind="letter.send"} 1.0' in page
    assert "samtykke_letters_unsent 1.0" in page
    assert float(page.split("samtykke_outbox_oldest_due_seconds ")[-1].split()[0]) >= 3600


@pytest.mark.settings(METRICS_TOKEN="a-long-word")
def test_metrics_are_for_whoever_holds_the_token(client):
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer another"}).status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer a-long-word"}).status_code == 200


def late(app, kind):
    with app.app_context():
        db.session.add(OutboxRow(kind=kind, lane=f"{kind}:1", ref="1", run_at=now() - timedelta(hours=1)))
        db.session.commit()
