"""What the worker does: load, commit, call the processor, record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

from app import outbox, processors
from app.clock import now
from app.extensions import db
from app.processors.base import Crowded, Outcome, Processor, Profile, Rejected, Retry
from app.sync import everyone, links, notices, pages, service
from app.sync.coverage import service as coverage

Row = TypeVar("Row")
TOGETHER = 50  # people in one transaction: some hundredths of a second
SOON = timedelta(seconds=10)


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
            outcome = _pushed(processor, told)
    except Rejected as refusal:
        service.refuse(int(contact_id), name, refusal)
        db.session.commit()
        raise
    if outcome:
        service.record(int(contact_id), name, told, outcome)
        db.session.commit()


def _pushed(processor: Processor, told: Profile) -> Outcome | None:
    """Whoever gets another address is told of by the earlier one as long as that is there: a no does not wait.

    None where it is there no more; she is told of again when her new one has been read.
    """
    gone = service.EARLIER in told.refs and not processor.find(told)
    return None if gone else processor.push(told)


@outbox.handles("sync.bulk")
def bulk(ref: str) -> None:
    """The same for a page of people, in the processor's bulk call. `ref` is `<processor>:<first>-<last>`.

    Whoever has left, and is off the list by the processor's own word, is not told of again. Where the processor stops
    answering in the middle, the rest is a page of its own: what was told is not told again.
    """
    name, _, page = ref.partition(":")
    processor = processors.active().get(name)
    if processor is None:
        return
    first, _, last = page.partition("-")
    told = _prepared(name, pages.concerned(name, int(first), int(last)))
    left = _tell(name, {contact_id: one for contact_id, one in told.items() if not everyone.settled(name, one)})
    if left:
        rest = f"{name}:{min(left)}-{last}"
        outbox.enqueue("sync.bulk", rest, lane=rest, run_at=now() + SOON)
        db.session.commit()


def tell(name: str, ids: Iterable[int]) -> None:
    """Bring a processor in line for these people at once."""
    _one_by_one(name, _tell(name, _prepared(name, ids)))


def _tell(name: str, told: dict[int, Profile]) -> list[int]:
    """Returns who is left, where it answered for some and then no more. Raises `Retry` where it did for nobody."""
    answers: list[service.Answer] = []
    if not told:
        return []
    try:
        with speaking(name):
            for profile, outcome in processors.active()[name].push_many(told.values()):
                answers.append((profile, outcome))
    except Rejected:
        _one_by_one(name, list(told))
        return []
    except Retry:
        if not answers:
            raise
    _recorded(name, told, answers)
    heard = {profile.address for profile, _ in answers}
    return [contact_id for contact_id, profile in told.items() if profile.address not in heard]


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
    """One of them must not hold up the others."""
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
    notices.tidy()
    db.session.commit()
