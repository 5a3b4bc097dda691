"""How things stand with each processor, and the verbs of whoever minds them: pause, resume, test, try again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from app import audit, outbox, processors
from app.clock import now
from app.contacts.upsert import insert
from app.extensions import db
from app.outbox.models import OutboxHold, OutboxRow
from app.sync.models import ProcessorLink

TITLES = {
    "sandbox": "Sandbox",
    "mailchimp": "Mailchimp",
    "stripe": "Stripe",
    "gmail": "Gmail",
    "google_contacts": "Google Contacts",
    "google_groups": "Google Groups",
    "wordpress": "WordPress",
}
ENOUGH = 1000  # whoever has more than that waiting needs no exact number
SHOWN = 5
TRIED = 1000  # failures that one press of the button tries again
FRESH = timedelta(seconds=30)  # how exactly it is known when a processor last answered
TRIES = 3  # failures in a row after which a processor is left in peace for a while
PAUSES = [timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 20, 30)]  # the last one again and again
LONGEST = timedelta(days=1)  # a vendor that asks for a longer pause is mistaken

OPEN = OutboxRow.done_at.is_(None), OutboxRow.failed_at.is_(None)


class Unknown(LookupError):
    """There is no processor of this name, or it is not turned on here."""


@dataclass(frozen=True)
class Standing:
    """One processor. `state` is `off` (no setting turns it on), `on`, `paused` (by staff), `held` (at its own wish)
    or `away` (it failed several times in a row, and is tried again by itself at `until`).

    `waiting` and `failed` are counted no further than ENOUGH; `failures` are the latest few.
    """

    name: str
    state: str
    since: datetime | None
    until: datetime | None
    link: ProcessorLink
    waiting: int
    failed: int
    failures: Sequence[OutboxRow]
    tested: bool  # a test is under way

    @property
    def title(self) -> str:
        return title(self.name)


def title(name: str) -> str:
    """What people call it."""
    return TITLES.get(name, name)


def paused(name: str) -> bool:
    """Has somebody paused it? Then nothing happens there before somebody resumes it."""
    hold = outbox.held(now()).get(name)
    return hold is not None and hold.until is None


def all_standings() -> list[Standing]:
    """Every processor there is, those that are on first."""
    on, held = processors.active(), outbox.held(now())
    names = [*on, *(name for name in processors.REGISTRY if name not in on and name != "sandbox")]
    return [_standing(name, name in on, held.get(name)) for name in names]


def _standing(name: str, on: bool, hold: Any) -> Standing:
    since, until = (hold.since, hold.until) if hold and on else (None, None)
    link = db.session.get(ProcessorLink, name) or ProcessorLink(processor=name, answer="", error="", failures=0)
    state = _state(hold, link) if on else "off"
    given_up = select(OutboxRow).where(OutboxRow.failed_at.is_not(None), about(name))
    failures = db.session.scalars(given_up.order_by(OutboxRow.failed_at.desc()).limit(SHOWN)).all()
    waiting = _count(*OPEN, of(name))
    tested = bool(_count(*OPEN, OutboxRow.lane == f"test:{name}"))
    failed = _count(OutboxRow.failed_at.is_not(None), about(name))
    return Standing(name, state, since, until, link, waiting, failed, failures, tested)


def _state(hold: OutboxHold | None, link: ProcessorLink) -> str:
    if hold is None:
        return "on"
    if hold.until is None:
        return "paused"
    return "away" if link.failures >= TRIES else "held"


def of(name: str) -> ColumnElement[bool]:
    """Work of a processor's stream."""
    return outbox.stream_of_row == name


def about(name: str) -> ColumnElement[bool]:
    """The same, and tests of the connection."""
    return or_(of(name), OutboxRow.lane == f"test:{name}")


def _count(*where: Any) -> int:
    some = select(OutboxRow.id).where(*where).limit(ENOUGH).subquery()
    return db.session.scalar(select(func.count()).select_from(some)) or 0


# What staff do


def pause(name: str, actor: str) -> None:
    """Tell this processor nothing until somebody resumes. What is to be told waits, whole. Raises `Unknown`."""
    _known(name)
    outbox.hold(name)
    audit.record(actor, "paused_processor", object=f"processor:{name}")


def resume(name: str, actor: str) -> bool:
    """Go on, also where it was the processor that asked for a pause. False when there was none. Raises `Unknown`."""
    _known(name)
    released = outbox.release(name)
    if released:
        audit.record(actor, "resumed_processor", object=f"processor:{name}")
    return released


def test(name: str, actor: str) -> None:
    """Have the worker ask whether key and address work, paused or not. Raises `Unknown`."""
    _active(name)
    outbox.enqueue("sync.test", name, lane=f"test:{name}")
    audit.record(actor, "tested_processor", object=f"processor:{name}")


def try_again(name: str, actor: str) -> int:
    """Have what was given up tried again from the start, at most TRIED at once. Returns how many. Raises `Unknown`.

    Where it did not answer, we ask it at once and do not wait for the next time.
    """
    _known(name)
    _come_back(name)
    given_up = select(OutboxRow.id).where(OutboxRow.failed_at.is_not(None), about(name)).order_by(OutboxRow.failed_at)
    count = sum(map(outbox.retry, db.session.scalars(given_up.limit(TRIED)).all()))
    audit.record(actor, "tried_processor_again", object=f"processor:{name}", note=str(count))
    return count


def _known(name: str) -> None:
    if name not in processors.REGISTRY:
        raise Unknown(name)


def _active(name: str) -> None:
    if name not in processors.active():
        raise Unknown(name)


# What the worker notes


def answered(name: str, answer: str = "") -> None:
    """It has just answered. Without a text the note is not renewed within FRESH: every call would write this row."""
    moment = now()
    row = insert(ProcessorLink).values(processor=name, answered_at=moment, answer=answer[:300], error="")
    new = {"answered_at": moment, "error": "", "failures": 0, **({"answer": answer[:300]} if answer else {})}
    link = db.session.get(ProcessorLink, name, populate_existing=True)
    _come_back(name)
    if answer or _stale(link, moment):
        db.session.execute(row.on_conflict_do_update(index_elements=["processor"], set_=new))


def _come_back(name: str) -> None:
    """The pause that we took because it did not answer is over. Others, by staff and by its own wish, are not."""
    link = db.session.get(ProcessorLink, name)
    hold = outbox.held(now()).get(name) if link and link.failures >= TRIES else None
    if hold and hold.until:
        outbox.release(name)


def _stale(link: ProcessorLink | None, moment: datetime) -> bool:
    return link is None or link.answered_at is None or bool(link.error) or link.answered_at < moment - FRESH


def stumbled(name: str, error: str, after: float | None = None) -> None:
    """It did not answer, or not well. Where it named a time in seconds, nobody calls it before.

    Where it names none and fails again and again, whichever worker asks, it is left in peace for growing minutes: it
    delays only its own work, and uses up no attempts. Calls that were under way at the time count as one.
    """
    moment = now()
    db.session.get(ProcessorLink, name, with_for_update=True)  # one at a time: who comes second sees the pause
    resting = name in outbox.held(moment)
    new = {"failed_at": moment, "error": error[:300]}
    row = insert(ProcessorLink).values(processor=name, answer="", failures=0 if after or resting else 1, **new)
    failures = 0 if after else ProcessorLink.failures + (0 if resting else 1)
    upsert = row.on_conflict_do_update(index_elements=["processor"], set_={**new, "failures": failures})
    count = db.session.scalar(upsert.returning(ProcessorLink.failures)) or 0
    if after:
        outbox.hold(name, moment + min(timedelta(seconds=after), LONGEST))
    elif count >= TRIES and not resting:
        outbox.hold(name, moment + PAUSES[min(count - TRIES, len(PAUSES) - 1)])
