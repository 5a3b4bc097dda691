"""The outbox's own housekeeping, and what happens when the clock strikes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from app.clock import now
from app.extensions import db
from app.outbox import service
from app.outbox.engine import own_transaction
from app.outbox.registry import Times, periodic


def ask(kind: str) -> None:
    """The hour has come: ask for this work."""
    with own_transaction():
        service.enqueue(kind)


def once_a_minute(matches: Times | None) -> Callable[[datetime], bool]:
    """The clock ticks twice a minute; work by the minute is asked for at the first tick that falls into it."""
    seen: list[datetime] = []

    def check(moment: datetime) -> bool:
        minute = moment.replace(second=0, microsecond=0)
        first = seen != [minute]
        seen[:] = [minute]
        return matches is None or (first and matches(moment))

    return check


@periodic(hour="3", minute="40")
def tidy() -> None:
    """Forget work that was done more than a week ago. Failures stay until somebody has looked."""
    while service.forget_done(now() - service.KEEP):
        db.session.commit()
