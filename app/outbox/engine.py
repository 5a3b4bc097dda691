"""Takes up what is due and runs it: at least once, never twice at a time in one lane."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from traceback import extract_tb

from flask import Flask, current_app
from sqlalchemy.exc import IntegrityError
from structlog import get_logger

from app.clock import now
from app.extensions import db
from app.journal import gate
from app.outbox import service
from app.outbox.due import due
from app.outbox.fault import fault
from app.outbox.hands import Hands
from app.outbox.registry import handler
from app.outbox.service import Work
from app.processors.base import Rejected, Retry

log = get_logger()

DELAYS = [  # after the first failure, the second, … after the last of them staff decide
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
]
LONGEST = timedelta(days=1)  # a vendor that asks for more than this is mistaken


def drain(limit: int | None = None) -> int:
    """Run what is due until nothing is, or `limit` rows. Returns how many were run, whatever became of them.

    Call it with no transaction open: on SQLite a reader's too would keep the work from being taken.
    """
    if db.session().in_transaction():
        raise RuntimeError("the session has an open transaction: commit or remove it before draining the outbox")
    hands, count = _hands(), 0
    while (limit is None or count < limit) and not hands.stopping.is_set() and (work := _take(hands)):
        if count == 0:
            hands.call_another()  # there may be more, and others may be idle
        _run(work, hands)
        count += 1
    return count


def _hands() -> Hands:
    hands: Hands = current_app.extensions["outbox"].hands
    return hands


def lease() -> timedelta:
    """How long a silent worker may hold work before it counts as dead."""
    return timedelta(seconds=current_app.config["OUTBOX_LEASE"])


@contextmanager
def own_transaction() -> Iterator[None]:
    """A session of its own in a fresh context, committed at the end."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    with app.app_context():
        yield
        db.session.commit()


def _take(hands: Hands) -> Work | None:
    """From what the last look found, as long as that lasts. A row that has changed since then cannot be claimed."""
    with hands.taking:
        if work := _try(hands):
            return work
        with own_transaction():
            hands.found.extend(due(now(), hands.full()))
        if hands.found and (work := _try(hands)) is None:
            _say_if_restored()
        return work


def _try(hands: Hands) -> Work | None:
    while candidate := hands.next_found():
        if work := _claim(candidate.id):
            hands.add(work)
            return work
    return None  # all were lost to other hands, which then go on looking


def _say_if_restored() -> None:
    """Nothing is sent to anybody before the journal has been replayed on a backup: that is why nothing was taken."""
    with own_transaction():
        if gate.behind():
            log.error("journal_behind", text="a backup was restored: run `flask requests replay`")


def _claim(row_id: int) -> Work | None:
    try:
        with own_transaction():
            return service.claim(row_id, now(), lease())
    except IntegrityError:  # uq_outbox_claimed: somebody is at work in this lane
        return None


def _run(work: Work, hands: Hands) -> None:
    try:
        settled = _outcome(work)
        if not settled:
            log.warning("outbox_lease_lost", kind=work.kind, row=work.id)
    finally:
        hands.drop(work)


def _outcome(work: Work) -> bool:
    try:
        fault("outbox.claimed")
        _handle(work)
        fault("outbox.handled")
    except Rejected as error:
        return _give_up(work, f"Rejected: {error}")
    except Retry as error:
        return _later(work, f"Retry: {error}", error.after)
    except Exception as error:
        # Only our own words are kept: a foreign exception's text may hold somebody's address.
        log.error("outbox_bug", kind=work.kind, row=work.id, error=type(error).__name__, where=_where(error))
        return _later(work, f"{type(error).__name__} at {_where(error)}")
    with own_transaction():
        return service.finish(work)


def _handle(work: Work) -> None:
    if work.attempts > len(DELAYS) + 1:
        raise Rejected("The worker died every time.")
    do = handler(work.kind)
    if do is None:
        raise Retry("No handler for this kind of work.")
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    with app.app_context():
        do(work.ref)


def _later(work: Work, error: str, after: float | None = None) -> bool:
    if work.attempts > len(DELAYS):
        return _give_up(work, error)
    delay = DELAYS[work.attempts - 1]
    if after:  # never sooner than we would: a vendor's seconds must not use up the attempts of two days
        delay = max(delay, timedelta(seconds=min(after, LONGEST.total_seconds())))
    with own_transaction():
        return service.put_back(work, now() + delay, error[:500], work.attempts)


def _give_up(work: Work, error: str) -> bool:
    log.error("outbox_failed", kind=work.kind, row=work.id)
    with own_transaction():
        return service.fail(work, error[:500])


def _where(error: BaseException) -> str:
    """The last line of ours that it went through."""
    frames = extract_tb(error.__traceback__)
    frame = [frame for frame in frames if "site-packages" not in frame.filename][-1]
    return f"{Path(frame.filename).name}:{frame.lineno}"
