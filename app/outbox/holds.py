"""Streams that nobody takes work from."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, delete, exists, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from app.clock import now
from app.extensions import db
from app.outbox.models import OutboxHold

MOMENT = bindparam("moment", type_=OutboxHold.until.type)


def held(moment: datetime) -> dict[str, OutboxHold]:
    """Streams that are held now, with since when and until when."""
    rows = select(OutboxHold).where(or_(OutboxHold.until.is_(None), OutboxHold.until > moment))
    return {row.stream: row for row in db.session.scalars(rows)}


def is_held(stream: ColumnElement[str]) -> ColumnElement[bool]:
    """For a statement's conditions; the moment is its parameter `moment`."""
    on = or_(OutboxHold.until.is_(None), OutboxHold.until > MOMENT)
    return exists().where(OutboxHold.stream == stream, on)


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
