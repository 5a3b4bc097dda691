"""What a clerk does with the outbox: ask for work, take it, settle it. Nothing here commits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import ColumnElement, and_, case, delete, exists, not_, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from app.clock import now
from app.extensions import db
from app.outbox.models import WAITING, OutboxHold, OutboxRow

OPEN = and_(OutboxRow.done_at.is_(None), OutboxRow.failed_at.is_(None))
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
    streams = [not_(OutboxRow.lane.startswith(f"{stream}:", autoescape=True)) for stream in sorted(left)]
    query = select(OutboxRow.id).where(OPEN, OutboxRow.run_at <= moment, _free(moment), not_(busy), *streams)
    return list(db.session.scalars(query.order_by(OutboxRow.run_at, OutboxRow.id).limit(LOOK)))


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
