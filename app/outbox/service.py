"""What a clerk does with the outbox: ask for work, take it, settle it. Nothing here commits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    String,
    and_,
    case,
    cast,
    delete,
    exists,
    func,
    literal_column,
    not_,
    or_,
    select,
    text,
    true,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from app.clock import now
from app.extensions import db
from app.outbox.models import STREAM, WAITING, OutboxHold, OutboxRow

OPEN = and_(OutboxRow.done_at.is_(None), OutboxRow.failed_at.is_(None))
stream_of_row: ColumnElement[str] = literal_column(STREAM, String())
Rows = Select[int, datetime]
LOOK = 20  # candidates at a time: more than hands, so that a lost race does not end the search
KEEP = timedelta(days=7)


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
    insert = postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = insert(OutboxRow).values(kind=kind, ref=str(ref), lane=name, run_at=run_at or now())
    sooner = case((row.excluded.run_at < OutboxRow.run_at, row.excluded.run_at), else_=OutboxRow.run_at)
    upsert = row.on_conflict_do_update(
        index_elements=["kind", "lane"], index_where=text(WAITING), set_={"run_at": sooner}
    )
    if db.session.scalar(upsert.returning(OutboxRow.ref)) != str(ref):
        raise ValueError(f"lane {name} of {kind} is already about something else")
    db.session.info["outbox"] = True


def due(moment: datetime, skip: Iterable[str] = ()) -> list[int]:
    """Ids of rows that may be taken up now, the longest due first. `skip` names streams to leave alone."""
    db.session.connection(execution_options={"read_only": True})
    other = aliased(OutboxRow)
    busy = exists().where(
        other.lane == OutboxRow.lane,
        other.id != OutboxRow.id,
        other.claimed_until.is_not(None),
        other.done_at.is_(None),
        other.failed_at.is_(None),
    )
    left = {*skip, *held(moment)}
    free = OutboxRow.run_at <= moment, _free(moment), not_(busy)
    return [row.id for row in first_of_each([name for name in streams() if name not in left], *free, limit=LOOK)]


def streams() -> list[str]:
    """Streams in which work is open. The index is jumped through: as quick with a million rows as with one a stream."""
    first = select(func.min(stream_of_row).label("name")).where(OPEN).cte("stream", recursive=True)
    following = select(func.min(stream_of_row)).where(OPEN, stream_of_row > first.c.name).scalar_subquery()
    steps = first.union_all(select(following).where(first.c.name.is_not(None)))
    return list(db.session.scalars(select(steps.c.name).where(steps.c.name.is_not(None))))


def first_of_each(names: Sequence[str], *where: ColumnElement[bool], limit: int) -> list[Row[int, datetime]]:
    """Id and moment of the open rows that are due longest, over these streams, each read only as far as is needed."""
    if not names:
        return []
    rows = select(OutboxRow.id, OutboxRow.run_at).where(OPEN, *where)
    rows = rows.order_by(OutboxRow.run_at, OutboxRow.id).limit(limit)
    postgres = db.session.get_bind().dialect.name == "postgresql"
    found = db.session.execute((_beside if postgres else _below)(names, rows)).all()
    return sorted(found, key=lambda row: (row.run_at, row.id))[:limit]


def _below(names: Sequence[str], rows: Rows) -> Any:
    """One query a stream, put together: what SQLite knows."""
    return union_all(*(select(rows.where(stream_of_row == name).subquery()) for name in names))


def _beside(names: Sequence[str], rows: Rows) -> Any:
    """One query for all streams, which PostgreSQL plans once."""
    stream = func.unnest(cast(names, postgresql.ARRAY(String))).table_valued("name").render_derived("stream")
    each = rows.where(stream_of_row == stream.c.name).lateral()
    return select(each.c.id, each.c.run_at).select_from(stream.join(each, true()))


def oldest_due() -> datetime | None:
    """Since when the work waits that is due longest and that nobody has in hand, held streams aside."""
    names = [name for name in streams() if name not in held(now())]
    found = first_of_each(names, OutboxRow.claimed_until.is_(None), limit=1)
    return found[0].run_at if found else None


def late(since: datetime) -> int:
    """How many rows were due before that moment and are in nobody's hands, held streams aside."""
    names = set(streams()) - set(held(now()))
    waiting = OPEN, stream_of_row.in_(sorted(names)), OutboxRow.claimed_until.is_(None), OutboxRow.run_at < since
    return db.session.scalar(select(func.count()).where(*waiting)) or 0


def held(moment: datetime) -> dict[str, OutboxHold]:
    """Streams that are held now, with since when and until when."""
    rows = select(OutboxHold).where(or_(OutboxHold.until.is_(None), OutboxHold.until > moment))
    return {row.stream: row for row in db.session.scalars(rows)}


def hold(stream: str, until: datetime | None = None) -> None:
    """Take no more work from a stream. Without a moment until somebody lets go; the longer of two holds stands."""
    insert = postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = insert(OutboxHold).values(stream=stream, since=now(), until=until)
    new = row.excluded
    shorter = or_(new.until.is_(None), OutboxHold.until < new.until)
    same = {"since": new.since, "until": new.until}
    where = and_(OutboxHold.until.is_not(None), shorter)
    db.session.execute(row.on_conflict_do_update(index_elements=["stream"], set_=same, where=where))


def release(stream: str) -> bool:
    """Go on with a stream. False when it was not held."""
    gone = delete(OutboxHold).where(OutboxHold.stream == stream).returning(OutboxHold.stream)
    db.session.info["outbox"] = True
    return db.session.scalar(gone.execution_options(synchronize_session=False)) is not None


def _free(moment: datetime) -> ColumnElement[bool]:
    """Nobody has it, or whoever had it let the lease run out."""
    return or_(OutboxRow.claimed_until.is_(None), OutboxRow.claimed_until < moment)


def claim(row_id: int, moment: datetime, lease: timedelta) -> Work | None:
    """Take a row; None when another was faster. Raises IntegrityError when its lane is in somebody's hands."""
    word = str(uuid4())
    take = (
        update(OutboxRow)
        .where(OutboxRow.id == row_id, OPEN, OutboxRow.run_at <= moment, _free(moment))
        .values(claimed_until=moment + lease, claim=word, attempts=OutboxRow.attempts + 1)
        .returning(OutboxRow.id, OutboxRow.kind, OutboxRow.lane, OutboxRow.ref, OutboxRow.attempts)
        .execution_options(synchronize_session=False)
    )
    row = db.session.execute(take).one_or_none()
    return Work(*row, claim=word) if row else None


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
    ours = update(OutboxRow).where(OutboxRow.id == work.id, OutboxRow.claim == work.claim, OPEN)
    row = db.session.scalar(ours.values(claim=None, claimed_until=None, **values).returning(OutboxRow.id))
    return row is not None


def extend(claims: Iterable[str], until: datetime) -> None:
    """The hands that hold these are alive: lengthen their leases."""
    held = update(OutboxRow).where(OutboxRow.claim.in_(sorted(claims)), OPEN)
    db.session.execute(held.values(claimed_until=until).execution_options(synchronize_session=False))


def retry(row_id: int) -> bool:
    """Staff want a failed row tried again, with all its attempts. False when there is no such failure."""
    row = db.session.get(OutboxRow, row_id, with_for_update=True)
    if row is None or row.failed_at is None:
        return False
    row.failed_at, row.done_at, row.error = None, now(), f"{row.error} Tried again."
    enqueue(row.kind, row.ref, row.lane)
    return True


def forget_done(before: datetime, limit: int = 1000) -> int:
    """Remove rows done before this moment, not too many in one transaction. Returns how many."""
    old = select(OutboxRow.id).where(OutboxRow.done_at < before).limit(limit)
    gone = db.session.scalars(
        delete(OutboxRow)
        .where(OutboxRow.id.in_(old))
        .returning(OutboxRow.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())
