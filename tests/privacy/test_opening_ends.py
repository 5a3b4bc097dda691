"""The clock: more time is told in time, staff are warned; and how a request ends that is not carried out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from app.clock import now
from app.extensions import db
from app.letters.models import Letter
from app.privacy import deadline, denial, extending, identity, opening, proof
from app.privacy.deadline import jobs
from app.privacy.errors import NotPossible, Unfit
from app.privacy.models import PrivacyRecord, PrivacyRequest, PrivacyTask
from app.privacy.service import mark, move
from app.sites.models import Site

NOON = "2026-01-31T12:00:00Z"  # due on 28 February, extended to 28 April


@pytest.fixture
def desk(app: Any, demo: Any) -> Iterator[Desk]:
    with app.app_context():
        yield Desk()


class Desk:
    """Somebody at the company, with requests on the desk. Everything happens in one app context; no worker runs."""

    def opens(self, kind: str = "access", address: str = "kari@example.no", at: str = NOON, **more: Any) -> Any:
        with time_machine.travel(at, tick=False):
            site = db.session.scalars(select(Site)).one()
            about = {"lang": "nb", "origin": "staff", "actor": "staff:1", "identified_by": "by telephone", **more}
            request = opening.open_identified(kind, address, site=site, **about)
            db.session.commit()
        return request

    def asks(self, at: str = NOON) -> PrivacyRequest:
        with time_machine.travel(at, tick=False):
            site = db.session.scalars(select(Site)).one()
            request = opening.ask(
                "erasure", "kari@example.no", "kari@example.no", site=site, lang="nb", network="192.0.2.0/24"
            )
            db.session.commit()
        assert request
        return request

    def extends(self, request: PrivacyRequest, at: str, reason: str = "Many places") -> None:
        with time_machine.travel(at, tick=False):
            extending.extend(request, reason, "staff:1")
            db.session.commit()

    def letter_leaves(self, request: PrivacyRequest, at: str) -> None:
        with time_machine.travel(at, tick=False):
            letter = db.session.get_one(Letter, request.extension_letter)
            letter.sent_at = now()
            db.session.commit()

    def clock_strikes(self, at: str) -> None:
        with time_machine.travel(at, tick=False):
            for job in (jobs.warn, jobs.settle_extensions, jobs.expire, jobs.drop):
                job()

    def letters(self, kind: str) -> list[dict[str, Any]]:
        return list(db.session.scalars(select(Letter.refs).where(Letter.kind == kind).order_by(Letter.id)))

    def steps(self, request: PrivacyRequest) -> list[str]:
        from app.consent import ledger

        return [event.type for event in ledger.events(request.word)]


def last_day(request: PrivacyRequest) -> str:
    return request.due_at.astimezone(deadline.OSLO).date().isoformat()


# More time


def test_the_deadline_moves_when_the_letter_with_the_reason_has_been_sent(desk: Desk) -> None:
    request = desk.opens()
    desk.extends(request, "2026-02-20T12:00:00Z")
    desk.clock_strikes("2026-02-20T12:05:00Z")
    assert last_day(request) == "2026-02-28" and request.extended_at is None
    desk.letter_leaves(request, "2026-02-28T22:59:00Z")
    desk.clock_strikes("2026-03-01T08:00:00Z")
    assert last_day(request) == "2026-04-28"
    assert request.extended_at and request.extension == "Many places" and request.extension_letter is None
    assert desk.steps(request) == ["received", "extension_asked", "extended"]


def test_a_letter_that_left_too_late_moves_nothing(desk: Desk) -> None:
    request = desk.opens()
    desk.extends(request, "2026-02-28T22:00:00Z")
    desk.letter_leaves(request, "2026-02-28T23:00:00Z")  # one millisecond too late: midnight in Oslo
    desk.clock_strikes("2026-03-01T08:00:00Z")
    assert last_day(request) == "2026-02-28" and request.extended_at is None
    assert (request.extension, request.extension_letter) == ("", None)
    assert desk.steps(request)[-1] == "extension_failed"


def test_a_letter_that_never_leaves_moves_nothing_and_is_not_waited_for(desk: Desk) -> None:
    request = desk.opens()
    desk.extends(request, "2026-02-20T12:00:00Z")
    desk.clock_strikes("2026-02-28T22:59:59Z")
    assert request.extension_letter
    desk.clock_strikes("2026-02-28T23:00:01Z")
    assert request.extension_letter is None and last_day(request) == "2026-02-28"


def test_who_has_been_told_once_is_not_put_off_again(desk: Desk) -> None:
    request = desk.opens()
    desk.extends(request, "2026-02-20T12:00:00Z")
    with pytest.raises(NotPossible, match="one extension"):
        desk.extends(request, "2026-02-20T12:01:00Z")
    desk.letter_leaves(request, "2026-02-20T12:02:00Z")
    desk.clock_strikes("2026-02-20T12:05:00Z")
    with pytest.raises(NotPossible, match="one extension"):
        desk.extends(request, "2026-02-20T12:06:00Z")


@pytest.mark.parametrize(
    ("at", "reason", "why"),
    [
        ("2026-02-28T23:00:00Z", "Many places", "too late"),
        ("2026-02-20T12:00:00Z", "  ", "missing"),
        ("2026-02-20T12:00:00Z", "x" * 301, "long"),
    ],
)
def test_an_extension_needs_a_reason_and_must_come_in_time(desk: Desk, at: str, reason: str, why: str) -> None:
    request = desk.opens()
    with pytest.raises((NotPossible, Unfit), match=why):
        desk.extends(request, at, reason)
    assert not desk.letters("privacy_extension")


def test_what_has_ended_or_was_never_proven_cannot_be_extended(desk: Desk) -> None:
    ended = desk.opens()
    denial.deny(ended, "no_match", "staff:1")
    for request in (ended, desk.asks()):
        with pytest.raises(NotPossible, match="not open"):
            desk.extends(request, "2026-02-01T12:00:00Z")


# Warnings


def test_staff_are_warned_at_14_7_and_3_days_once_each(desk: Desk) -> None:
    request = desk.opens()
    for day in range(1, 29):
        desk.clock_strikes(f"2026-02-{day:02}T05:20:00Z")
        desk.clock_strikes(f"2026-02-{day:02}T05:21:00Z")
    number = request.id
    assert desk.letters("privacy_due") == [{"request": number, "days": days} for days in (14, 7, 3)]


def test_a_worker_that_slept_warns_once_of_what_is_nearest(desk: Desk) -> None:
    request = desk.opens()
    desk.clock_strikes("2026-02-26T05:20:00Z")
    desk.clock_strikes("2026-03-05T05:20:00Z")
    assert desk.letters("privacy_due") == [{"request": request.id, "days": 3}]


def test_after_an_extension_the_warnings_begin_anew(desk: Desk) -> None:
    request = desk.opens()
    desk.clock_strikes("2026-02-26T05:20:00Z")
    desk.extends(request, "2026-02-26T12:00:00Z")
    desk.letter_leaves(request, "2026-02-26T12:00:00Z")
    desk.clock_strikes("2026-02-27T05:20:00Z")
    assert len(desk.letters("privacy_due")) == 1
    desk.clock_strikes("2026-04-14T05:20:00Z")
    assert [refs["days"] for refs in desk.letters("privacy_due")] == [3, 14]


def test_nobody_is_warned_of_what_has_ended_or_was_never_proven(desk: Desk) -> None:
    denial.deny(desk.opens(), "no_match", "staff:1")
    desk.asks()
    with time_machine.travel("2026-02-27T05:20:00Z", tick=False):
        jobs.warn()
    assert not desk.letters("privacy_due")


# No


def test_a_refusal_is_written_to_the_person_with_its_reason(desk: Desk) -> None:
    request = desk.opens("erasure", wishes={"copy_first": True})
    denial.deny(request, "legal_claims", "staff:1", " We are in court. ")
    assert (request.state, request.denial) == ("denied", "legal_claims") and request.ended_at
    assert desk.letters("privacy_denied") == [{"request": request.id}]
    assert identity.unseal(request.wishes) == {"copy_first": True, "note": "We are in court."}
    facts = db.session.scalars(select(PrivacyRecord.facts).where(PrivacyRecord.request == request.word)).all()
    assert "legal_claims" in [fact.get("reason") for fact in facts] and "court" not in repr(facts)


@pytest.mark.parametrize("reason", denial.REASONS)
def test_every_reason_has_words_for_the_person(desk: Desk, reason: str) -> None:
    from app.privacy import words

    assert reason in words.DENIALS


def test_a_refusal_needs_a_reason_of_the_list_and_other_needs_words(desk: Desk) -> None:
    request = desk.opens()
    for code, note in (("because", ""), ("other", " ")):
        with pytest.raises(Unfit, match="missing"):
            denial.deny(request, code, "staff:1", note)
    denial.deny(request, "other", "staff:1", "You asked the wrong company.")
    assert request.state == "denied"


def test_an_address_of_a_refused_request_is_dropped_after_two_weeks(desk: Desk) -> None:
    request = desk.opens()
    with time_machine.travel("2026-02-05T12:00:00Z", tick=False):
        denial.deny(request, "no_match", "staff:1")
        db.session.commit()
    desk.clock_strikes("2026-02-19T11:00:00Z")
    assert identity.reveal(request.sealed)
    desk.clock_strikes("2026-02-19T13:00:00Z")
    assert identity.reveal(request.sealed) is None and request.address_mac


def test_what_has_begun_can_be_neither_refused_nor_cancelled(desk: Desk) -> None:
    request = desk.opens("erasure")
    task = planned(request, "own", "stop")
    mark(task, "dispatched", "system", started_at=now())
    for act in (lambda: denial.deny(request, "other", "staff:1", "no"), lambda: denial.cancel(request, "subject")):
        with pytest.raises(NotPossible, match="already"):
            act()
    assert request.state == "received"


def planned(request: PrivacyRequest, holder: str, act: str) -> PrivacyTask:
    task = PrivacyTask(phase=1, holder=holder, act=act, sealed=b"sealed")
    request.tasks.append(task)
    db.session.flush()
    return task


def test_a_copy_may_be_refused_after_it_was_collected_and_what_was_not_done_is_skipped(desk: Desk) -> None:
    request = desk.opens("access")
    done, waiting = planned(request, "own", "export"), planned(request, "sandbox", "export")
    mark(done, "verified", "system", started_at=now())
    denial.deny(request, "third_party_rights", "staff:1")
    assert (done.state, waiting.state) == ("verified", "skipped")
    assert not done.sealed and not waiting.sealed


def test_who_takes_her_request_back_is_forgotten_with_it(desk: Desk) -> None:
    request = desk.opens("erasure")
    denial.cancel(request, "subject")
    assert (request.state, request.sealed, request.wishes) == ("cancelled", b"", b"")
    with pytest.raises(NotPossible, match="ended"):
        denial.cancel(request, "subject")


# Never proven


def test_what_nobody_proves_within_seven_days_ends_and_is_forgotten(desk: Desk) -> None:
    request = desk.asks()
    desk.clock_strikes("2026-02-07T11:00:00Z")
    assert request.state == "identity_pending" and request.sealed
    desk.clock_strikes("2026-02-07T13:00:00Z")
    assert (request.state, request.sealed, request.network) == ("expired", b"", "")
    assert desk.steps(request) == ["identity_pending", "expired"]


def test_a_request_that_has_ended_is_not_opened_by_an_old_link(desk: Desk) -> None:
    from app.privacy import links
    from app.privacy.models import PrivacyLink

    request = desk.asks()
    denial.cancel(request, "staff:1")
    db.session.commit()
    with time_machine.travel(NOON, tick=False):
        link = links.press("prove", links.word(db.session.scalars(select(PrivacyLink)).one().id))
        assert link and opening.prove(link).state == "cancelled"


def test_the_clock_leaves_everybody_else_alone(desk: Desk) -> None:
    kari, ola = desk.asks(), desk.opens("erasure", "ola@example.no", at="2026-02-06T12:00:00Z")
    before = [getattr(ola, column.key) for column in PrivacyRequest.__table__.columns]
    desk.clock_strikes("2026-02-08T05:20:00Z")
    db.session.refresh(ola)
    assert kari.state == "expired"
    assert [getattr(ola, column.key) for column in PrivacyRequest.__table__.columns] == before


def test_what_the_ledger_said_last_is_where_each_request_stands(desk: Desk) -> None:
    from app.privacy import receipts

    one, two, three = desk.opens("access"), desk.opens("erasure"), desk.asks()
    desk.extends(one, "2026-02-01T12:00:00Z")
    denial.deny(two, "no_match", "staff:1")
    move(one, "planned", "system")
    proof.note(one, "looked", "staff:1")
    desk.clock_strikes("2026-02-08T05:20:00Z")
    assert three.state == "expired"
    assert receipts.verify_all().requests == 3
