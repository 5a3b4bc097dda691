"""The group commit: answered only when it is on the disk, and no row fails for its neighbour's sake."""

import os
import threading
import time

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from app.extensions import db
from app.outbox.models import OutboxRow
from app.submissions import batch, writer
from app.submissions.ids import new_id, when
from app.submissions.writer import Waiting, Writer
from tests.submissions.conftest import KARI


def row(number: int, **more) -> dict:
    id_ = new_id()
    plain = dict.fromkeys(batch.TEXTS, "") | {
        "box": "accepted",
        "lang": "nb",
        "render": "absent",
        "body_hash": f"body {number}",
    }
    documents = {"answers": {"message": "Hei 'på' deg; \"x\" \\ 🙂"}, "asked": {}, "masked": []}
    ids = {"id": id_, "form_id": 1, "version_id": 1, "received_at": 1_795_000_000_000 + number}
    return {**plain, **documents, **ids, "dedupe": f"row {number}", "before": "", "since": 0, **more}


@pytest.fixture
def context(site):
    with site.app_context():
        yield site


def test_a_group_is_one_transaction_and_every_row_promises_its_work(context) -> None:
    rows = [row(number) for number in range(5)] + [row(5, box="spam")]
    written = batch.Store(db.engine).write(rows)
    assert [written[r["id"]].id for r in rows] == [r["id"] for r in rows]
    refs = set(db.session.scalars(select(OutboxRow.ref).where(OutboxRow.kind == "submission.process")))
    assert refs == {str(r["id"]) for r in rows[:5]}
    assert db.session.execute(text("SELECT answers FROM submission LIMIT 1")).scalar() is not None


def test_a_repeat_inside_a_group_is_answered_with_the_first(context) -> None:
    first, again = row(1), row(1)
    written = batch.Store(db.engine).write([first, again])
    assert written[again["id"]].id == first["id"]
    assert len(set(db.session.scalars(select(OutboxRow.ref)))) == 1


def test_one_bad_row_does_not_fail_its_neighbours(context) -> None:
    group = [Waiting(row(1)), Waiting(row(2, form_id=999)), Waiting(row(3))]
    writer._commit(batch.Store(db.engine), group)
    good, bad, fine = group
    assert good.written is not None
    assert fine.written is not None
    assert isinstance(bad.error, IntegrityError)


def test_a_row_written_twice_because_the_first_answer_was_lost_is_there_once(context) -> None:
    same = row(1)
    batch.Store(db.engine).write([same])
    again = batch.Store(db.engine).write([same])
    assert again[same["id"]].id == same["id"]
    assert len(db.session.scalars(select(OutboxRow)).all()) == 1


def test_a_writer_that_died_is_replaced(context, monkeypatch) -> None:
    mine = Writer(context)
    monkeypatch.setattr(threading, "excepthook", lambda _args: None)
    monkeypatch.setattr(mine, "_gather", lambda: 1 / 0)
    mine._start()
    mine._thread.join()  # type: ignore[union-attr]
    monkeypatch.undo()
    one = row(1)
    assert mine.write(one).id == one["id"]


def test_a_writer_without_work_ends_and_begins_again(context, monkeypatch) -> None:
    monkeypatch.setattr(writer, "IDLE", 0.01)
    mine = Writer(context)
    for number in range(20):
        one = row(number)
        assert mine.write(one).id == one["id"]
        time.sleep(0.012)
    mine.stop()
    assert mine._thread is None


def test_stopping_writes_what_waits(context) -> None:
    mine = Writer(context)
    waiting = [Waiting(row(number)) for number in range(100)]
    for one in waiting:
        mine._queue.put(one)
    mine._start()
    mine.stop()
    assert all(one.written for one in waiting)


def test_a_forked_process_has_a_writer_of_its_own(context) -> None:
    mine = Writer(context)
    mine.write(row(1))
    child = os.fork()
    if not child:
        os._exit(0 if mine._thread is None and mine._queue.empty() else 1)
    assert os.waitpid(child, 0)[1] == 0
    mine.write(row(2))


def test_a_database_that_is_away_is_503_and_says_when_to_come_back(post, kept, monkeypatch) -> None:
    def away(*_args: object) -> None:
        raise OperationalError("INSERT", None, Exception("connection refused"))

    monkeypatch.setattr(batch.Store, "write", away)
    answer = post({**KARI}, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "refused" not in answer.text
    monkeypatch.undo()
    assert post({**KARI}).status_code == 303
    assert len(kept()) == 1


def test_two_processes_that_draw_the_same_id_both_get_through(post, kept, monkeypatch) -> None:
    from app.submissions import record

    drawn = [17, 17, 18]
    monkeypatch.setattr(record, "new_id", lambda: drawn.pop(0))
    post()
    post({**KARI, "email": "ola@example.no"})
    assert [one.id for one in kept()] == [17, 18]


def test_ids_sort_by_time_and_fit_in_63_bits() -> None:
    one, two = new_id(), new_id()
    assert abs((when(two) - when(one)).total_seconds()) < 1
    assert 0 < one < 2**63
