"""What the person and the company read: received, more time, no, and soon due."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from app.extensions import db
from app.privacy import denial, extending, opening
from app.privacy.deadline import jobs
from app.privacy.models import PrivacyRequest
from app.sites.models import Site
from tests.support.mailbox import Mailbox, html
from tests.support.mailbox import text as words

Act = Callable[[PrivacyRequest], None]


@pytest.fixture
def request_(app: Any, demo: Any) -> Callable[..., int]:
    """An access request of Kari's; the worker has not looked at it yet."""

    def opened(at: str = "2026-01-31T12:00:00Z", lang: str = "nb") -> int:
        with app.app_context(), time_machine.travel(at, tick=False):
            site = db.session.scalars(select(Site)).one()
            about = {"lang": lang, "origin": "staff", "actor": "staff:1", "identified_by": "by telephone"}
            row = opening.open_identified("access", "kari@example.no", site=site, **about)
            db.session.commit()
            return row.id

    return opened


def acts(app: Any, number: int, act: Act) -> None:
    with app.app_context():
        act(db.session.get_one(PrivacyRequest, number))
        db.session.commit()


@pytest.mark.parametrize(("lang", "day"), [("nb", "28. april 2026"), ("en", "28 April 2026")])
def test_more_time_is_told_with_its_reason_and_the_new_day_and_then_counts(
    app: Any, request_: Any, worker: Any, mailbox: Mailbox, kari: str, lang: str, day: str
) -> None:
    number = request_(lang=lang)
    with time_machine.travel("2026-02-20T12:00:00Z", tick=True):
        acts(app, number, lambda request: extending.extend(request, "Ten mailboxes to read", "staff:1"))
        mailbox.clear()
        worker()
        (letter,) = [letter for letter in mailbox.to(kari) if "Ten mailboxes" in words(letter)]
        with app.app_context():
            jobs.settle_extensions()
    for body in (words(letter), html(letter)):
        assert day in body and "Datatilsynet" in body
    with app.app_context():
        assert db.session.get_one(PrivacyRequest, number).due_at.isoformat()[:10] == "2026-04-28"


def test_a_letter_about_more_time_that_came_too_late_is_not_sent(
    app: Any, request_: Any, worker: Any, mailbox: Mailbox, kari: str
) -> None:
    number = request_()
    with time_machine.travel("2026-02-28T22:00:00Z", tick=False):
        acts(app, number, lambda request: extending.extend(request, "Ten mailboxes to read", "staff:1"))
    with time_machine.travel("2026-02-28T23:30:00Z", tick=True):
        with app.app_context():
            jobs.settle_extensions()
        worker()
    assert not [letter for letter in mailbox if "Ten mailboxes" in words(letter)]
    with app.app_context():
        assert db.session.get_one(PrivacyRequest, number).extension_letter is None


@pytest.mark.parametrize("lang", ["nb", "en"])
def test_a_refusal_says_why_and_where_to_complain(
    app: Any, request_: Any, worker: Any, mailbox: Mailbox, kari: str, lang: str
) -> None:
    number = request_(lang=lang)
    note = "Ring oss på 55 12 34 56."
    acts(app, number, lambda request: denial.deny(request, "third_party_rights", "staff:1", note))
    worker()
    letter = mailbox.to(kari)[-1]
    for body in (words(letter), html(letter)):
        assert note in body and "15" in body and "Datatilsynet" in body


def test_staff_are_told_which_request_is_due_and_not_whose(
    app: Any, request_: Any, worker: Any, mailbox: Mailbox, kari: str
) -> None:
    number = request_()
    acts(app, number, lambda request: setattr(request, "state", "needs_human"))
    with time_machine.travel("2026-02-25T05:20:00Z", tick=True):
        with app.app_context():
            jobs.warn()
        mailbox.clear()
        worker()
    (letter,) = [letter for letter in mailbox if f"/admin/requests/{number}" in words(letter)]
    assert "kari" not in str(letter).lower() and "3" in letter["Subject"]


def test_who_has_proven_who_she_is_reads_when_she_gets_an_answer(
    request_: Any, worker: Any, mailbox: Mailbox, kari: str
) -> None:
    with time_machine.travel("2026-01-31T12:00:00Z", tick=True):
        request_()
        worker()
    assert "28. februar 2026" in words(mailbox.to(kari)[0])
