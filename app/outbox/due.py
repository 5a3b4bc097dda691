"""What is due, found by index: a stream at a time, the longest due first. Nothing here writes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Row,
    Select,
    String,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects import postgresql

from app.clock import now
from app.extensions import db
from app.outbox.holds import MOMENT, is_held
from app.outbox.models import OUTBOX, STREAM

row = OUTBOX.c  # statements of tables: they are put together once, and cost the ORM nothing
other = OUTBOX.alias("other").c
OPEN = and_(row.done_at.is_(None), row.failed_at.is_(None))
stream_of_row: ColumnElement[str] = literal_column(STREAM, String())
LOOK = 20  # candidates at a time: more than hands, so that a lost race does not end the search
BUSY = exists().where(
    other.lane == row.lane,
    other.id != row.id,
    other.claimed_until.is_not(None),
    other.done_at.is_(None),
    other.failed_at.is_(None),
)
Rows = Select[Any]


class Candidate(NamedTuple):
    """A row that was due and free when somebody looked."""

    id: int
    stream: str


def free_at(moment: ColumnElement[datetime]) -> ColumnElement[bool]:
    """It is due, and nobody has it, or whoever had it let the lease run out."""
    return and_(OPEN, row.run_at <= moment, or_(row.claimed_until.is_(None), row.claimed_until < moment))


def due(moment: datetime, skip: Iterable[str] = ()) -> list[Candidate]:
    """Rows that may be taken up now, the longest due first. `skip` names streams to leave alone."""
    db.session.connection(execution_options={"read_only": True})
    left = set(skip)
    names = [name for name in _going_on(moment) if name not in left]
    if not names:
        return []
    statement, parameters = (_due_beside(), {"names": names}) if _postgres() else (_due_below(len(names)), _each(names))
    found = db.session.execute(statement, {**parameters, "moment": moment}).all()
    return [Candidate(each.id, each.stream) for each in _first(found, LOOK)]


@cache
def _due_beside() -> Rows:
    return _beside(bindparam("names"), _due_rows())


@cache
def _due_below(count: int) -> Any:
    return _below([bindparam(name, type_=String()) for name in _each([""] * count)], _due_rows())


def _due_rows() -> Rows:
    rows = select(row.id, row.run_at, stream_of_row.label("stream")).where(free_at(MOMENT), not_(BUSY))
    return rows.order_by(row.run_at, row.id).limit(LOOK)


def _each(names: Sequence[str]) -> dict[str, str]:
    return {f"name{number}": name for number, name in enumerate(names)}


def streams() -> list[str]:
    """Streams in which work is open. The index is jumped through: as quick with a million rows as with one a stream."""
    return list(db.session.scalars(_streams()))


def _going_on(moment: datetime) -> list[str]:
    """Those of them that nobody holds."""
    return list(db.session.scalars(_free_streams(), {"moment": moment}))


@cache
def _streams() -> Rows:
    first = select(func.min(stream_of_row).label("name")).where(OPEN).cte("stream", recursive=True)
    following = select(func.min(stream_of_row)).where(OPEN, stream_of_row > first.c.name).scalar_subquery()
    steps = first.union_all(select(following).where(first.c.name.is_not(None)))
    return select(steps.c.name).where(steps.c.name.is_not(None))


@cache
def _free_streams() -> Rows:
    return _streams().where(not_(is_held(_streams().selected_columns.name)))


def first_of_each(names: Sequence[str], *where: ColumnElement[bool], limit: int) -> list[Row[Any]]:
    """Id and moment of the open rows that are due longest, over these streams, each read only as far as is needed."""
    if not names:
        return []
    rows = select(row.id, row.run_at).where(OPEN, *where).order_by(row.run_at, row.id).limit(limit)
    statement = _beside(bindparam("names", list(names)), rows) if _postgres() else _below(names, rows)
    return _first(db.session.execute(statement).all(), limit)


def _first(found: Sequence[Row[Any]], limit: int) -> list[Row[Any]]:
    return sorted(found, key=lambda each: (each.run_at, each.id))[:limit]


def _below(names: Sequence[str | BindParameter[str]], rows: Rows) -> Any:
    """One query a stream, put together: what SQLite knows."""
    return union_all(*(select(rows.where(stream_of_row == name).subquery()) for name in names))


def _beside(names: BindParameter[Any], rows: Rows) -> Rows:
    """One query for all streams, which PostgreSQL plans once."""
    stream = func.unnest(cast(names, postgresql.ARRAY(String))).table_valued("name").render_derived("stream")
    each = rows.where(stream_of_row == stream.c.name).lateral()
    return select(*each.c).select_from(stream.join(each, true()))


def _postgres() -> bool:
    return db.session.get_bind().dialect.name == "postgresql"


def in_hand(stream: str, kinds: Collection[str]) -> Sequence[str]:
    """What work of these kinds, that somebody is doing in this stream just now, is about."""
    held = OPEN, stream_of_row == stream, row.kind.in_(kinds), row.claimed_until > now()
    return db.session.scalars(select(row.ref).where(*held)).all()


def oldest_due() -> datetime | None:
    """Since when the work waits that is due longest and that nobody has in hand, held streams aside."""
    found = first_of_each(_going_on(now()), row.claimed_until.is_(None), limit=1)
    return found[0].run_at if found else None


def late(since: datetime) -> int:
    """How many rows were due before that moment and are in nobody's hands, held streams aside."""
    waiting = OPEN, stream_of_row.in_(_going_on(now())), row.claimed_until.is_(None), row.run_at < since
    return db.session.scalar(select(func.count()).where(*waiting)) or 0
