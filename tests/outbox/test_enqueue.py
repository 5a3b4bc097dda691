from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from app import outbox
from app.clock import now
from app.extensions import db
from app.outbox import due, service

LEASE = timedelta(minutes=1)


def test_asked_twice_before_it_began_it_is_one_row(ask, rows):
    ask("letter.send", 7)
    ask("letter.send", 7)
    assert [(row.kind, row.lane, row.ref) for row in rows()] == [("letter.send", "letter.send:7", "7")]


def test_the_earlier_time_wins(ask, rows):
    soon, late = now() + timedelta(minutes=1), now() + timedelta(hours=1)
    ask("consent.seal", run_at=late)
    ask("consent.seal", run_at=soon)
    ask("consent.seal", run_at=late)
    assert [row.run_at for row in rows()] == [soon]


def test_asked_while_it_is_being_done_it_is_done_again(app, ask, rows, worker, does):
    def handler(_ref):
        if len(rows()) == 1:
            ask("contact.sync", 1)

    does("contact.sync", handler)
    ask("contact.sync", 1)
    assert worker() == 2
    assert all(row.done_at for row in rows())


def test_nothing_is_asked_for_when_the_reason_is_rolled_back(app, rows):
    with app.app_context():
        outbox.enqueue("letter.send", 7)
        db.session.rollback()
    assert rows() == []


def test_a_lane_is_about_one_thing(app, ask):
    ask("sync.push", "sandbox:1", lane="sandbox:1")
    with app.app_context(), pytest.raises(ValueError, match="already about something else"):
        outbox.enqueue("sync.push", "sandbox:2", lane="sandbox:1")


def test_a_lane_is_in_one_pair_of_hands_only(app, ask):
    ask("sync.push", "sandbox:1", lane="sandbox:1")
    ask("sync.erase", "sandbox:1", lane="sandbox:1")
    with app.app_context():
        first, second = (found.id for found in due.due(now()))
        db.session.rollback()
        assert service.claim(first, now(), LEASE)
        db.session.commit()
        with pytest.raises(IntegrityError):
            service.claim(second, now(), LEASE)
        db.session.rollback()
        assert due.due(now()) == []


def test_of_many_hands_one_gets_the_row(app, ask):
    ask("sync.push", "sandbox:1", lane="sandbox:1")
    ask("sync.erase", "sandbox:1", lane="sandbox:1")
    got, barrier = [], threading.Barrier(8)

    def grab(row_id: int) -> None:
        with app.app_context():
            barrier.wait()
            try:
                if service.claim(row_id, now(), LEASE):
                    db.session.commit()
                    got.append(row_id)
            except IntegrityError:
                db.session.rollback()

    threads = [threading.Thread(target=grab, args=(1 + n % 2,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1


def test_what_is_asked_and_not_yet_committed_cannot_be_taken_in_its_old_state(app, ask, rows, database_kind):
    """The asker holds the waiting row until its commit, so that the worker reads what the asker wrote."""
    ask("contact.sync", 1)
    asked, order = threading.Event(), []

    def take() -> None:
        asked.wait(5)
        with app.app_context():
            assert service.claim(1, now() + timedelta(seconds=5), LEASE)
            db.session.commit()
            order.append("taken")

    thread = threading.Thread(target=take)
    thread.start()
    with app.app_context():
        outbox.enqueue("contact.sync", 1)
        asked.set()
        thread.join(0.3)
        assert order == []
        db.session.commit()
    thread.join(10)
    assert order == ["taken"]
    assert len(rows()) == 1


def test_forgets_what_was_done_long_ago_and_keeps_what_failed(app, ask, rows, worker, does, wait):
    def broken(_ref):
        raise outbox.Rejected("No.")

    does("test.fine", lambda _ref: None)
    does("test.broken", broken)
    ask("test.fine")
    ask("test.broken")
    worker()
    wait(timedelta(days=8))
    ask("outbox.tidy")
    worker()
    assert [row.kind for row in rows()] == ["test.broken", "outbox.tidy"]
