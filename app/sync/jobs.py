"""What the worker does: load, commit, call the processor, record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from app import outbox, processors
from app.extensions import db
from app.processors.base import Crowded, Profile, Rejected, Retry
from app.sync import everyone, links, service
from app.sync.coverage import service as coverage

Row = TypeVar("Row")
TOGETHER = 50  # people in one transaction: some hundredths of a second


@contextmanager
def speaking(name: str) -> Iterator[None]:
    """Around every call to a processor: note why it did not answer, or that it did, with what is recorded next.

    What it raises goes on. A refusal of one person says nothing of the connection.
    """
    try:
        yield
    except Crowded:
        raise
    except Retry as trouble:
        links.stumbled(name, str(trouble), trouble.after)
        db.session.commit()
        raise
    links.answered(name)


def heard(name: str, rows: Iterable[Row]) -> Iterator[Row]:
    """The same around a list that a processor is asked for page by page. Its end is a commit."""
    with speaking(name):
        yield from rows
    db.session.commit()


@outbox.handles("sync.test")
def test(ref: str) -> None:
    """Does it answer? What it says stands on the page of connections; a failure is no work to be done again."""
    processor = processors.active().get(ref)
    if processor is None:
        return
    try:
        answer = processor.ping()
    except (Retry, Rejected) as trouble:
        links.stumbled(ref, str(trouble), trouble.after if isinstance(trouble, Retry) else None)
    else:
        links.answered(ref, answer)
        if ref in coverage.covered():
            coverage.read_soon(ref)
    db.session.commit()


@outbox.handles("consent.follow")
def follow(ref: str) -> None:
    """Somebody's consent changed: one call for every processor, each in a lane of its own."""
    for name in processors.active():
        service.push_soon(int(ref), name)
    db.session.commit()


@outbox.handles("sync.push")
def push(ref: str) -> None:
    """Bring one processor in line with the ledger as it is now, for one person."""
    name, _, contact_id = ref.partition(":")
    processor = processors.active().get(name)
    told = service.prepare(int(contact_id), name) if processor else None
    db.session.commit()
    if processor is None or told is None:
        return
    try:
        with speaking(name):
            outcome = processor.push(told)
    except Rejected as refusal:
        service.refuse(int(contact_id), name, str(refusal))
        db.session.commit()
        raise
    service.record(int(contact_id), name, told, outcome)
    db.session.commit()


@outbox.handles("sync.bulk")
def bulk(ref: str) -> None:
    """The same for a page of people, in the processor's bulk call. `ref` is `<processor>:<first>-<last>`.

    Whoever has left, and is off the list by the processor's own word, is not told of again.
    """
    name, _, page = ref.partition(":")
    processor = processors.active().get(name)
    if processor is None:
        return
    first, _, last = page.partition("-")
    told = _prepared(name, service.concerned(name, int(first), int(last)))
    _tell(name, {contact_id: one for contact_id, one in told.items() if not everyone.settled(name, one)})


def tell(name: str, ids: Iterable[int]) -> None:
    """Bring a processor in line for these people at once."""
    _tell(name, _prepared(name, ids))


def _tell(name: str, told: dict[int, Profile]) -> None:
    processor = processors.active()[name]
    if not told:
        return
    try:
        with speaking(name):
            answers = list(processor.push_many(told.values()))
    except Rejected:
        _one_by_one(name, list(told))
        return
    _recorded(name, told, answers)


def _prepared(name: str, ids: Iterable[int]) -> dict[int, Profile]:
    told: dict[int, Profile | None] = {}
    for some in _some(sorted(ids)):
        told |= service.prepare_many(some, name)
        db.session.commit()
        for contact_id in [one for one in some if one not in told]:  # held by somebody else: waited for alone
            told[contact_id] = service.prepare(contact_id, name)
            db.session.commit()
    return {contact_id: profile for contact_id, profile in told.items() if profile}


def _some(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """A few at a time, so that nobody is held for long."""
    return (rows[start : start + TOGETHER] for start in range(0, len(rows), TOGETHER))


def _one_by_one(name: str, ids: list[int]) -> None:
    """One refusal must not hold up the page."""
    for contact_id in ids:
        service.push_soon(contact_id, name)
    db.session.commit()


def _recorded(name: str, told: dict[int, Profile], answers: list[service.Answer]) -> None:
    by_address = {profile.address: contact_id for contact_id, profile in told.items()}
    for some in _some(answers):
        outcomes = {by_address[profile.address]: (profile, outcome) for profile, outcome in some}
        done = service.record_many(name, outcomes)
        db.session.commit()
        for contact_id in outcomes.keys() - done:
            service.record(contact_id, name, *outcomes[contact_id])
            db.session.commit()
    db.session.commit()


@outbox.periodic(hour="3", minute="50")
def tidy() -> None:
    """Nightly."""
    service.tidy()
    db.session.commit()
