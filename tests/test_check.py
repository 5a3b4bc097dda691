"""`flask check` and the refusal to start say in plain words what is missing."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError, InvalidRequestError

from app import config, create_app, outbox
from app.checks import failure, stores, writing
from app.config import Misconfigured
from app.consent import seals
from app.crypto import Keyring
from app.extensions import db
from app.journal import gate, lines
from app.outbox.models import OutboxRow
from tests.conftest import close, make_app
from tests.support.processes import BIN, ROOT, free_port
from tests.support.strangers import Strangers

COMPLETE = {
    "SECRET_KEY": "x" * 40,
    "BASE_URL": "https://samtykke.example",
    "MAIL_URL": "file:/tmp/mail",
    "MAIL_FROM": "post@example.no",
}


@pytest.fixture
def strangers(app):
    with Strangers() as somebody:
        app.config["JOURNAL_DIR"] = str(somebody.folder / "journal")
        yield somebody


def check(app):
    done = app.test_cli_runner().invoke(args=["check"])
    return done.exit_code, {line[6:28].strip(): line for line in done.output.splitlines()}


def test_a_fresh_demo_is_ready(app, demo):
    code, said = check(app)
    assert code == 0, said
    assert (
        said["database"].startswith("ok") and said["migrations"].startswith("ok") and said["sandbox"].startswith("ok")
    )


def test_development_is_pointed_out(app):
    _, said = check(app)
    assert said["mode"].startswith("look")


def test_a_database_that_was_written_with_another_key_is_said_also_after_a_seal_with_this_one(app, client, demo, kari):
    old = app.extensions["keyring"]
    new = Keyring("a-secret-that-somebody-made-anew-0000001", [])
    for ring in (old, new):
        app.extensions["keyring"] = ring
        subscribe(app, client, kari)
    code, said = check(app)
    assert code == 1 and said["ledger keys"].startswith("BAD") and "SECRET_KEYS_OLD" in said["ledger keys"]
    app.extensions["keyring"] = Keyring("a-secret-that-somebody-made-anew-0000001", [app.config["SECRET_KEY"]])
    assert check(app)[1]["ledger keys"].startswith("ok")


def test_a_file_of_the_journal_that_belongs_to_somebody_else_is_named_and_whose_it_must_be(app, demo, strangers):
    with app.app_context():
        for file in (lines.path(), gate.file()):
            strangers(app.config["JOURNAL_DIR"], file)
            with strangers.nobody():
                finding = stores.journal()
            assert finding.level == "bad" and str(file) in finding.text, finding
            assert "Permission denied" in finding.text and f"must belong to {strangers.name}" in finding.text
            file.unlink()


def test_a_journal_that_cannot_be_looked_into_is_said_and_not_a_traceback(app, demo, strangers):
    strangers(app.config["JOURNAL_DIR"])
    with app.app_context(), strangers.nobody():
        finding = stores.journal()
    assert finding.level == "bad" and app.config["JOURNAL_DIR"] in finding.text


def test_a_clock_without_a_number_is_said_and_not_a_traceback(app, demo):
    with app.app_context():
        lines.folder().mkdir()
        gate.file().write_text("")
    code, said = check(app)
    assert code == 1 and said["journal"].startswith("BAD") and "holds no number" in said["journal"]


def test_looking_leaves_nothing_behind(app, demo):
    folders = Path(app.config["SPOOL_DIR"]), Path(app.config["JOURNAL_DIR"])
    assert check(app)[0] == 0 and not any(folder.exists() for folder in folders)
    for folder in folders:
        folder.mkdir()
    assert check(app)[0] == 0 and not any(list(folder.iterdir()) for folder in folders)


@pytest.mark.parametrize("place", ["SPOOL_DIR", "JOURNAL_DIR"])
@pytest.mark.parametrize("folder", ["/proc/samtykke", "/dev/null", "/dev/null/deeper"])
def test_a_folder_that_can_never_be_is_said(app, demo, place, folder):
    app.config[place] = folder
    code, said = check(app)
    name = place.removesuffix("_DIR").lower()
    assert code == 1 and said[name].startswith("BAD"), said[name]


@pytest.mark.one_database
def test_a_database_file_that_was_put_under_another_ones_log_is_said(app, demo, store):
    if store.server:
        pytest.skip("there is no file")
    assert check(app)[1]["database file"] == "ok    database file          whole"
    with damaged(app):
        code, said = check(app)
    assert code == 1 and said["database file"].startswith("BAD") and "is damaged" in said["database file"]


@contextmanager
def damaged(app):
    """Nothing where half of the pages were."""
    with app.app_context():
        path = Path(db.engine.url.database)
    close(app)
    content = path.read_bytes()
    path.write_bytes(content[:8192] + bytes(len(content) // 2) + content[8192 + len(content) // 2 :])
    try:
        yield path
    finally:
        with app.app_context():
            db.engine.dispose()
        path.write_bytes(content)


@pytest.mark.one_database
def test_a_database_file_that_is_being_written_is_not_called_broken(app, demo, store):
    if store.server:
        pytest.skip("there is no file")
    with app.app_context():
        db.session.execute(update(OutboxRow).values(error=""))
        with app.app_context():
            (finding,) = writing.whole()
    assert finding.level == "ok"


@pytest.mark.one_database
def test_a_large_file_is_not_looked_through_and_that_is_said(app, demo, store, monkeypatch):
    if store.server:
        pytest.skip("there is no file")
    monkeypatch.setattr(writing, "LARGE", 1)
    assert "too large" in check(app)[1]["database file"]


def subscribe(app, client, address):
    client.post("/f/nyhetsbrev", data={"email": address, "consent_newsletter": "on"})
    with app.app_context():
        outbox.drain()
        seals.seal_waiting()
        db.session.commit()


@pytest.mark.settings(DATABASE_URL="postgresql+psycopg://nobody@127.0.0.1:1/none")
def test_a_database_that_is_away_is_said_and_not_a_traceback(app):
    code, said = check(app)
    assert code == 1 and said["database"].startswith("BAD") and said["migrations"].startswith("BAD")


def test_a_database_without_tables_is_told_what_makes_them(store, tmp_path):
    name = f"t{uuid4().hex}"
    app = make_app(store.fresh(name), tmp_path)
    code, said = check(app)
    close(app)
    store.drop(name)
    assert code == 1 and said["database"].startswith("ok")
    for subject in ("migrations", "outbox", "journal"):
        assert "no tables yet" in said[subject] and "`flask db upgrade` makes them" in said[subject], said[subject]


@pytest.fixture
def locked(store):
    """A server on which Kari needs a password, and where it is."""
    if not store.server:
        pytest.skip("SQLite has no door")
    rules = store.server.root / "data/pg/pg_hba.conf"
    before = rules.read_text()
    rules.write_text(f"host all kari all scram-sha-256\n{before}")
    store.server.execute("CREATE ROLE kari LOGIN PASSWORD 'riktig'")
    store.server.execute("SELECT pg_reload_conf()")
    yield store.server.port
    rules.write_text(before)
    store.server.execute("DROP ROLE kari")
    store.server.execute("SELECT pg_reload_conf()")


@pytest.mark.parametrize(
    ("address", "word"),
    [
        ("kari:hemmelig@127.0.0.1:{port}/postgres", "does not let us in"),
        ("kari@127.0.0.1:{port}/postgres", "does not let us in"),
        ("nobody@127.0.0.1:{port}/postgres", "does not let us in"),
        ("kari:riktig@127.0.0.1:{port}/hemmelig", "no database of the name"),
        ("kari:hemmelig@127.0.0.1:1/postgres", "cannot be reached"),
        ("kari:hemmelig@database.invalid/postgres", "cannot be reached"),
    ],
)
def test_why_a_database_does_not_answer_is_said(address, word, locked, tmp_path):
    app = make_app(f"postgresql+psycopg://{address.format(port=locked)}", tmp_path)
    code, said = check(app)
    assert code == 1 and said["database"].startswith("BAD") and word in said["database"]
    assert "hemmelig" not in "".join(said.values())


@pytest.mark.settings(MAIL_URL="smtp://127.0.0.1:1")
def test_a_mail_server_that_is_away_is_said(app):
    code, said = check(app)
    assert code == 1 and said["MAIL_URL"].startswith("BAD")


@pytest.mark.settings(**{**COMPLETE, "BASE_URL": "http://samtykke.example", "SAMTYKKE_ENV": "production"})
def test_links_that_would_travel_in_clear_are_refused(app):
    code, said = check(app)
    assert code == 1 and said["BASE_URL"].startswith("BAD")


@pytest.mark.settings(BASE_URL="https://samtykke.example")
def test_visitors_who_would_all_share_one_network_are_pointed_out(app):
    _, said = check(app)
    assert said["TRUSTED_PROXIES"].startswith("look") and "one network" in said["TRUSTED_PROXIES"]


@pytest.mark.settings(BASE_URL="https://samtykke.example", TRUSTED_PROXIES="1")
def test_proxies_that_are_counted_are_fine(app):
    _, said = check(app)
    assert said["TRUSTED_PROXIES"].startswith("ok")


@pytest.mark.settings(
    MAILCHIMP_API_KEY="0123456789abcdef-us1", MAILCHIMP_AUDIENCE="a1", MAILCHIMP_API_BASE="http://127.0.0.1:1"
)
def test_a_processor_that_does_not_answer_is_said_and_its_key_is_not(app):
    code, said = check(app)
    assert code == 1 and said["mailchimp"].startswith("BAD")
    assert "0123456789abcdef" not in "".join(said.values())


@pytest.mark.parametrize("missing", COMPLETE)
def test_production_does_not_start_without_it_and_names_it_in_one_line(missing, tmp_path):
    settings = {name: value for name, value in COMPLETE.items() if name != missing}
    done = run([sys.executable, "-m", "flask", "--app", "wsgi", "check"], tmp_path, settings)
    assert done.returncode == 1
    assert done.stderr.strip() == f"Samtykke does not start: {missing} is not set. In production it has no default."


def test_the_web_server_says_it_in_one_line_too(tmp_path):
    command = [BIN / "granian", "--interface", "wsgi", "--blocking-threads", "1", "--log-level", "error"]
    done = run([*command, "--port", str(free_port()), "wsgi:app"], tmp_path, {})
    assert done.returncode != 0
    assert "SECRET_KEY, BASE_URL, MAIL_URL, MAIL_FROM are not set" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("url", ["postgresql+psycopg://u:hemmelig@h:port/x", "hemmelig", "mysql://u:hemmelig@h/x"])
def test_a_database_url_that_cannot_be_used_is_named_and_not_repeated(url):
    with pytest.raises(Misconfigured, match="DATABASE_URL") as refused:
        config.load({"SAMTYKKE_ENV": "development", "DATABASE_URL": url})
    assert "hemmelig" not in str(refused.value)


@pytest.mark.settings(STRIPE_API_KEY="rk_test_1", STRIPE_API_BASE="http://127.0.0.1:1")
@pytest.mark.parametrize(("purpose", "sign"), [("newsletter", "ok"), ("nyhetsbrev", "look")])
def test_a_purpose_of_promotions_that_is_none_is_pointed_out(app, demo, purpose, sign):
    app.config["STRIPE_PROMOTIONS_PURPOSE"] = purpose
    _, said = check(app)
    assert said["STRIPE_PROMOTIONS_PURP"].startswith(sign)


def test_a_bell_that_cannot_be_had_says_why(app):
    app.config["HUEY_URL"] = "mysql://u:hemmelig@h/x"
    code, said = check(app)
    assert code == 1 and "must begin with sqlite:///" in said["HUEY_URL"] and "hemmelig" not in said["HUEY_URL"]


def test_a_missing_catalogue_is_named(tmp_path):
    environ = {"SAMTYKKE_ENV": "development", "INSTANCE_DIR": str(tmp_path)}
    with pytest.raises(Misconfigured, match=r"messages\.mo is missing: run `make install`"):
        create_app(environ, BABEL_TRANSLATION_DIRECTORIES=str(tmp_path))


COMMANDS = ["contact show kari@example.no", "staff list", "db upgrade", "ledger verify"]
AWAY = "postgresql+psycopg://nobody:hemmelig@127.0.0.1:1/none"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_without_a_database_says_so_in_one_sentence(command, tmp_path):
    done = flask(command, tmp_path, AWAY)
    assert done.returncode == 1
    (said,) = done.stderr.splitlines()
    assert said.startswith("The database cannot be reached") and "kari" not in said and "hemmelig" not in said


def test_a_command_on_an_empty_database_says_what_to_run(tmp_path):
    done = flask("staff list", tmp_path, f"sqlite:///{tmp_path}/empty.db")
    assert done.returncode == 1 and "flask db upgrade" in done.stderr and len(done.stderr.splitlines()) == 1


def test_whoever_wants_the_trace_gets_it(tmp_path):
    assert "Traceback" in flask("--debug staff list", tmp_path, AWAY).stderr


@pytest.mark.one_database
def test_verifying_a_damaged_file_says_that_it_is_damaged(app, demo, store, tmp_path):
    if store.server:
        pytest.skip("there is no file")
    with damaged(app) as path:
        done = flask("ledger verify", tmp_path, f"sqlite:///{path}")
    assert done.returncode == 1 and f"{path} is damaged" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (PermissionError(13, "Permission denied", "/srv/tick"), "/srv/tick: Permission denied."),
        (OSError("https://api.example/?email=kari@example.no"), "OSError."),
        (IntegrityError("INSERT INTO contact", {"address": "kari@example.no"}, Exception("Key (kari)")), "Integrity"),
        (InvalidRequestError("kari"), "InvalidRequestError"),
    ],
)
def test_the_sentence_quotes_nothing_of_a_person(error, says):
    said = failure.said(error, "sqlite://")
    assert says in said and "kari" not in said and "INSERT" not in said


def flask(command, folder, database, **settings):
    settings = {"SAMTYKKE_ENV": "development", "DATABASE_URL": database, "FLASK_APP": "wsgi", **settings}
    return run([sys.executable, "-m", "flask", *command.split()], folder, settings)


def run(command, folder, settings):
    environ = {"PATH": "/usr/bin:/bin", "INSTANCE_DIR": str(folder), **settings}
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60)
