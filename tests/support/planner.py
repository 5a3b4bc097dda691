"""How a database goes about the questions that some code asks it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import event

from app.extensions import db


def plans(ask: Callable[[], Any]) -> list[str]:
    """The plan of every question and change that `ask` makes, inserts apart; what it did not commit is taken back.

    On PostgreSQL as for a large table, for a small one is read whole.
    """
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, sql: str, parameters: Any, *_: Any) -> None:
        asked.append((sql, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        ask()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
        db.session.rollback()
    return [
        _plan(sql, parameters)
        for sql, parameters in asked
        if sql.lstrip().startswith(("SELECT", "WITH", "UPDATE", "DELETE"))
    ]


def _plan(sql: str, parameters: Any) -> str:
    postgres = db.engine.dialect.name == "postgresql"
    with db.engine.connect() as connection:
        if postgres:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        word = "EXPLAIN" if postgres else "EXPLAIN QUERY PLAN"
        return "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{word} {sql}", parameters))
