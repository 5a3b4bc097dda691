"""INSERT … ON CONFLICT, spelt the same on both databases."""

from __future__ import annotations

from sqlalchemy.dialects import postgresql, sqlite

from app.extensions import Base, db


def insert(model: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update`, for the database that is running."""
    if db.session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(model)
    return sqlite.insert(model)
