"""What the worker does: load, commit, call the processor, record."""

from __future__ import annotations

from app import outbox, processors
from app.extensions import db
from app.processors.base import Outcome, Profile, Rejected
from app.sync import service


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
        outcome = processor.push(told)
    except Rejected as refusal:
        service.refuse(int(contact_id), name, str(refusal))
        db.session.commit()
        raise
    service.record(int(contact_id), name, told, outcome)
    db.session.commit()


@outbox.handles("sync.bulk")
def bulk(ref: str) -> None:
    """The same for a page of people, in the processor's bulk call. `ref` is `<processor>:<first>-<last>`."""
    name, _, page = ref.partition(":")
    processor = processors.active().get(name)
    if processor is None:
        return
    first, _, last = page.partition("-")
    told = _prepared(name, int(first), int(last))
    try:
        answers = list(processor.push_many(told.values()))
    except Rejected:
        _one_by_one(name, list(told))
        return
    _recorded(name, told, answers)


def _prepared(name: str, first: int, last: int) -> dict[int, Profile]:
    told = {}
    for contact_id in service.concerned(name, first, last):
        profile = service.prepare(contact_id, name)
        db.session.commit()  # one by one: a person's row is never held while others are read
        if profile:
            told[contact_id] = profile
    return told


def _one_by_one(name: str, ids: list[int]) -> None:
    """One refusal must not hold up the page."""
    for contact_id in ids:
        service.push_soon(contact_id, name)
    db.session.commit()


def _recorded(name: str, told: dict[int, Profile], answers: list[tuple[Profile, Outcome]]) -> None:
    by_address = {profile.address: contact_id for contact_id, profile in told.items()}
    for profile, outcome in answers:
        service.record(by_address[profile.address], name, profile, outcome)
        db.session.commit()


@outbox.periodic(hour="3", minute="50")
def tidy() -> None:
    """Nightly."""
    service.tidy()
    db.session.commit()
