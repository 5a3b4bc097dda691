"""What a clerk does with the outbox: ask for work, take it, settle it. Nothing here commits.

What every row costs is said in statements that are put together once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

from sqlalchemy import bindparam, case, delete, not_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from app.clock import now
from app.extensions import db
from app.journal import gate
from app.outbox.due import OPEN, free_at, stream_of_row
from app.outbox.holds import MOMENT, is_held
from app.outbox.models import OUTBOX, WAITING, OutboxRow

KEEP = timedelta(days=7)
row = OUTBOX.c


@dataclass(frozen=True)
class Work:
    """A row in our hands. `claim` proves that it still is."""

    id: int
    kind: str
    lane: str
    ref: str
    attempts: int
    claim: str

    @property
    def stream(self) -> str:
        """What the lane begins with: the processor of a push, the kind of other work."""
        return self.lane.partition(":")[0]


def enqueue(kind: str, ref: int | str = "", lane: str | None = None, run_at: datetime | None = None) -> None:
    """Ask for work, in the caller's transaction. Asked twice before it began, it is done once, at the earlier time.

    A lane stands for one ref. The waiting row is updated and not merely found: that locks it, so that no worker
    can take it up, and read the old state, before the caller has committed the new one.
    """
    name = f"{kind}:{ref}" if lane is None else lane
    wish = {"kind": kind, "ref": str(ref), "lane": name, "run_at": run_at or now()}
    if db.session.scalar(_upsert(db.session.get_bind().dialect.name), wish) != str(ref):
        raise ValueError(f"lane {name} of {kind} is already about something else")
    db.session.info["outbox"] = True


@cache
def _upsert(dialect: str) -> Any:
    new = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(OUTBOX)
    sooner = case((new.excluded.run_at < row.run_at, new.excluded.run_at), else_=row.run_at)
    upsert = new.on_conflict_do_update(
        index_elements=["kind", "lane"], index_where=text(WAITING), set_={"run_at": sooner}
    )
    return upsert.returning(row.ref)


TAKE = (
    update(OUTBOX)
    .where(row.id == bindparam("row"), free_at(MOMENT), not_(is_held(stream_of_row)), gate.NOT_BEHIND)
    .values(claimed_until=bindparam("until"), claim=bindparam("word"), attempts=row.attempts + 1)
    .returning(row.id, row.kind, row.lane, row.ref, row.attempts)
)


def claim(row_id: int, moment: datetime, lease: timedelta) -> Work | None:
    """Take a row. None when another was faster, its stream is held by now, or a backup was restored.

    Raises IntegrityError when its lane is in somebody's hands.
    """
    word = str(uuid4())
    taken = {"row": row_id, "moment": moment, "until": moment + lease, "word": word, "struck": gate.struck()}
    found = db.session.execute(TAKE, taken).one_or_none()
    return Work(**found._mapping, claim=word) if found else None


def finish(work: Work) -> bool:
    """It is done. False when the lease had run out and the row was no longer ours; so with all that follow."""
    return _settle(work, done_at=now(), error="")


def fail(work: Work, error: str) -> bool:
    """Given up: it waits for staff to try again."""
    return _settle(work, failed_at=now(), error=error)


def put_back(work: Work, run_at: datetime, error: str, attempts: int) -> bool:
    """Not now: back into the queue. When the same was asked for meanwhile, that row carries on instead."""
    try:
        with db.session.begin_nested():
            return _settle(work, run_at=run_at, error=error, attempts=attempts)
    except IntegrityError:
        return _settle(work, done_at=now(), error=f"{error} Asked for again meanwhile."[:500])


def _settle(work: Work, **values: object) -> bool:
    """What is ours still is changed as `values` say, and is in nobody's hands any more."""
    ours = {"row": work.id, "word": work.claim}
    return (
        db.session.scalar(_settled(*values), {**ours, **{f"new_{name}": value for name, value in values.items()}})
        is not None
    )


@cache
def _settled(*names: str) -> Any:
    values = {name: bindparam(f"new_{name}", type_=row[name].type) for name in names}
    ours = update(OUTBOX).where(row.id == bindparam("row"), row.claim == bindparam("word"), OPEN)
    return ours.values(claim=None, claimed_until=None, **values).returning(row.id)


def extend(claims: Iterable[str], until: datetime) -> None:
    """The hands that hold these are alive: lengthen their leases."""
    db.session.execute(update(OUTBOX).where(row.claim.in_(sorted(claims)), OPEN).values(claimed_until=until))


def retry(row_id: int) -> bool:
    """Staff want a failed row tried again, with all its attempts. False when there is no such failure."""
    failed = db.session.get(OutboxRow, row_id, with_for_update=True)
    if failed is None or failed.failed_at is None:
        return False
    failed.failed_at, failed.done_at, failed.error = None, now(), f"{failed.error} Tried again."
    enqueue(failed.kind, failed.ref, failed.lane)
    return True


def forget_done(before: datetime, limit: int = 1000) -> int:
    """Remove rows done before this moment, not too many in one transaction. Returns how many."""
    old = select(row.id).where(row.done_at < before).limit(limit)
    return len(db.session.scalars(delete(OUTBOX).where(row.id.in_(old)).returning(row.id)).all())
