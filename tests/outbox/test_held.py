"""Rows that wait in a held stream cost those nothing that look for work in the others."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app import outbox
from app.clock import now
from app.extensions import db
from app.outbox import due
from app.outbox.models import OutboxRow
from tests.support.planner import plans


@pytest.fixture
def rows_of(app):
    """rows_of(lane, …): one row each, due one millisecond after the other."""

    def make(*lanes):
        with app.app_context():
            for number, lane in enumerate(lanes):
                at = now() - timedelta(hours=1) + timedelta(milliseconds=number)
                db.session.add(OutboxRow(kind="test.note", lane=lane, run_at=at))
            db.session.commit()

    return make


def lanes(app, skip=()):
    with app.app_context():
        return [db.session.get_one(OutboxRow, id_).lane for id_, _ in due.due(now(), skip)]


def test_what_is_due_longest_comes_first_whatever_its_stream(app, rows_of):
    rows_of("b:1", "a:1", "c.d_9:all:1-2", "a:2", "plain")
    assert lanes(app) == ["b:1", "a:1", "c.d_9:all:1-2", "a:2", "plain"]


def test_a_held_stream_is_left_alone_and_no_other_whose_name_begins_like_it(app, rows_of):
    rows_of("mail:1", "mailchimp:1", "mail", "letter.send:1")
    with app.app_context():
        outbox.hold("mail")
        db.session.commit()
    assert lanes(app) == ["mailchimp:1", "letter.send:1"]
    assert lanes(app, skip=["mailchimp"]) == ["letter.send:1"]


def test_many_rows_of_a_held_stream_hide_nobody(app, rows_of):
    rows_of(*(f"mailchimp:{number}" for number in range(due.LOOK * 3)), "sandbox:1")
    with app.app_context():
        outbox.hold("mailchimp")
        db.session.commit()
    assert lanes(app) == ["sandbox:1"]


def test_rows_are_found_by_stream_and_moment_and_never_walked_past(app, rows_of):
    rows_of("a:1", "b:1")
    with app.app_context():
        look = [plan.replace("outbox_hold", "hold") for plan in plans(lambda: due.due(now()))]
        assert len(look) == 2
        for plan in look:
            assert "ix_outbox_stream" in plan and "SCAN outbox" not in plan.replace("SCAN outbox USING", "")
            assert "Seq Scan on outbox" not in plan
        assert "run_at" in look[1].lower()


def test_the_oldest_work_that_is_due_is_known_and_what_is_held_is_not_late(app, rows_of):
    rows_of("mailchimp:1", "a:1")
    with app.app_context():
        first, second = db.session.scalars(db.select(OutboxRow.run_at).order_by(OutboxRow.run_at))
        assert outbox.oldest_due() == first
        outbox.hold("mailchimp")
        db.session.commit()
        assert outbox.oldest_due() == second
