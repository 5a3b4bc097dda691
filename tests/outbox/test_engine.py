from __future__ import annotations

from datetime import timedelta

import pytest

from app import outbox
from app.clock import now
from app.extensions import db
from app.journal import gate
from app.outbox import engine, service
from app.processors.base import Rejected, Retry


def raises(error):
    def handler(_ref):
        raise error

    return handler


def test_what_is_due_is_done_once(ask, worker, does, rows):
    seen = []
    does("test.note", seen.append)
    ask("test.note", 42)
    assert worker() == 1
    assert worker() == 0
    assert seen == ["42"]
    assert rows()[0].done_at
    assert rows()[0].error == ""


def test_what_is_not_yet_due_waits(ask, worker, does, wait):
    does("test.note", lambda _ref: None)
    ask("test.note", run_at=now() + timedelta(minutes=5))
    assert worker() == 0
    wait(timedelta(minutes=5))
    assert worker() == 1


def test_one_failure_does_not_stop_the_others(ask, worker, does, rows):
    seen = []
    does("test.bug", raises(RuntimeError("kari@example.no")))
    does("test.note", seen.append)
    ask("test.bug")
    ask("test.note", 1)
    assert worker() == 2
    assert seen == ["1"]


def test_a_bug_is_recorded_without_the_words_of_strangers(ask, worker, does, rows):
    does("test.bug", raises(RuntimeError("no such mailbox: kari@example.no")))
    ask("test.bug")
    worker()
    row = rows()[0]
    assert row.error.startswith("RuntimeError at test_engine.py:")
    assert "kari" not in row.error
    assert row.failed_at is None


def test_each_failure_waits_longer_and_the_last_one_gives_up(ask, worker, does, rows, wait):
    does("test.bug", raises(RuntimeError()))
    ask("test.bug")
    for delay in engine.DELAYS:
        assert worker() == 1
        assert rows()[0].run_at == now() + delay
        assert worker() == 0
        wait(delay)
    assert worker() == 1
    assert rows()[0].failed_at == now()
    assert rows()[0].attempts == len(engine.DELAYS) + 1
    wait(timedelta(days=30))
    assert worker() == 0


def test_a_processor_may_ask_for_more_time(ask, worker, does, rows, wait):
    does("test.busy", raises(Retry("Too many requests.", after=3600)))
    ask("test.busy")
    worker()
    assert rows()[0].run_at == now() + timedelta(hours=1)
    assert rows()[0].error == "Retry: Too many requests."


@pytest.mark.parametrize(("after", "delay"), [(1, engine.DELAYS[0]), (1e12, engine.LONGEST), (None, engine.DELAYS[0])])
def test_but_not_for_so_little_or_so_much_that_it_is_never_done(after, delay, ask, worker, does, rows, wait):
    does("test.busy", raises(Retry("Busy.", after=after)))
    ask("test.busy")
    worker()
    assert rows()[0].run_at == now() + delay


def test_what_was_refused_is_not_tried_again(ask, worker, does, rows, wait):
    does("test.refused", raises(Rejected("The list does not exist.")))
    ask("test.refused")
    worker()
    assert rows()[0].failed_at == now()
    assert rows()[0].error == "Rejected: The list does not exist."
    wait(timedelta(days=30))
    assert worker() == 0


def test_staff_can_have_it_tried_again(app, ask, worker, does, rows):
    does("test.mended", raises(Rejected("No.")))
    ask("test.mended", 5)
    worker()
    seen = []
    does("test.mended", seen.append)
    with app.app_context():
        assert outbox.retry(rows()[0].id)
        db.session.commit()
    assert worker() == 1
    assert seen == ["5"]
    assert [bool(row.failed_at) for row in rows()] == [False, False]


def test_only_a_failure_can_be_tried_again(app, ask, worker, does, rows):
    does("test.note", lambda _ref: None)
    ask("test.note")
    worker()
    with app.app_context():
        assert not outbox.retry(rows()[0].id)
        assert not outbox.retry(99)


def test_a_failure_that_was_asked_for_again_meanwhile_gives_way(app, ask, worker, does, rows, wait):
    def busy(_ref):
        if len(rows()) == 1:
            ask("test.busy")
            raise Retry("Busy.")

    does("test.busy", busy)
    ask("test.busy")
    assert worker() == 2
    first, second = rows()
    assert first.done_at
    assert first.error == "Retry: Busy. Asked for again meanwhile."
    assert second.done_at


def test_work_nobody_knows_waits_for_a_newer_program(ask, worker, rows):
    ask("test.unheard")
    worker()
    assert rows()[0].error == "Retry: No handler for this kind of work."
    assert rows()[0].failed_at is None


def test_a_handler_has_a_session_of_its_own_and_leaves_none_open(app, ask, worker, does, rows):
    def careless(_ref):
        outbox.enqueue("test.never_committed")

    does("test.careless", careless)
    ask("test.careless")
    worker()
    assert [row.kind for row in rows()] == ["test.careless"]


def test_refuses_to_start_inside_a_transaction(app):
    with app.app_context():
        db.session.execute(db.text("SELECT 1"))
        with pytest.raises(RuntimeError, match="open transaction"):
            outbox.drain()


def test_no_transaction_is_open_while_a_handler_is_at_work(app, ask, worker, does):
    """Else SQLite would be locked for everyone while we wait for the world."""
    does("test.outer", lambda _ref: ask("test.inner"))
    does("test.inner", lambda _ref: None)
    ask("test.outer")
    assert worker() == 2


def test_a_dead_workers_row_is_taken_over_when_its_lease_is_up(app, ask, worker, does, rows, wait):
    seen = []
    does("test.note", seen.append)
    ask("test.note", 1)
    with app.app_context():
        dead = service.claim(1, now(), engine.lease())
        db.session.commit()
    assert worker() == 0
    wait(timedelta(seconds=app.config["OUTBOX_LEASE"] + 1))
    assert worker() == 1
    assert seen == ["1"]
    with app.app_context():
        assert not service.finish(dead), "it comes back, and the row is no longer its own"


def test_work_that_kills_every_worker_is_given_up(app, ask, worker, does, rows, wait):
    seen = []
    does("test.poison", seen.append)
    ask("test.poison")
    for _ in range(len(engine.DELAYS) + 1):
        with app.app_context():
            assert service.claim(1, now(), engine.lease())
            db.session.commit()
        wait(timedelta(seconds=app.config["OUTBOX_LEASE"] + 1))
    worker()
    assert rows()[0].error == "Rejected: The worker died every time."
    assert seen == []


def test_a_slow_processor_leaves_half_of_the_hands_for_letters(app, ask, worker, does, rows):
    """Two of four hands hold pushes to Mailchimp: a third push waits, a letter does not."""
    hands = app.extensions["outbox"].hands
    for number in (1, 2, 3):
        ask("sync.push", f"mailchimp:{number}", lane=f"mailchimp:{number}")
    with app.app_context():
        for row_id in (1, 2):
            hands.add(service.claim(row_id, now(), engine.lease()))
        db.session.commit()
    seen = []
    does("letter.send", seen.append)
    does("sync.push", seen.append)
    ask("letter.send", 9)
    assert worker() == 1
    assert seen == ["9"]
    hands.drop(hands.held()[0])
    assert worker() == 1
    assert seen == ["9", "mailchimp:3"]


@pytest.mark.parametrize("meanwhile", ["held", "restored"])
def test_what_was_found_due_is_left_alone_when_that_changes_before_its_turn(app, ask, worker, does, meanwhile):
    """Five pieces are found in one look; while the first is done, somebody holds their stream, or restores a backup."""
    seen = []

    def handler(ref):
        seen.append(ref)
        if meanwhile == "held":
            outbox.hold("test.note")
            db.session.commit()
        else:
            gate.strike(1000)

    does("test.note", handler)
    for number in range(5):
        ask("test.note", number)
    assert worker() == 1
    assert len(seen) == 1


def test_two_handlers_for_one_kind_is_a_mistake():
    @outbox.handles("test.twice")
    def first(ref):
        pass

    with pytest.raises(ValueError, match=r"two handlers for test\.twice"):

        @outbox.handles("test.twice")
        def second(ref):
            pass

    del outbox.registry.HANDLERS["test.twice"]
