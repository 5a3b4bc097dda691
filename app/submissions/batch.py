"""Many submissions in one statement, with the promise of the work that follows in the same transaction.

A row whose key is taken is not written; it is answered with the one that took it. The driver is called directly and
once: while other threads hold Python's lock, every return from the database costs more than the database does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from app.submissions.record import Row
from app.turn import Turn

# What follows: an accepted one is processed; spam is only made findable, for whoever misses a message.
ACCEPTED, BOXED = "submission.process", "search.submission"
NEXT = f"CASE {{box}} WHEN 'accepted' THEN '{ACCEPTED}' ELSE '{BOXED}' END"
NUMBERS = ("id", "form_id", "version_id", "received_at")
TEXTS = (
    "box",
    "reason",
    "lang",
    "address",
    "network",
    "user_agent",
    "page_url",
    "render",
    "dedupe",
    "body_hash",
    "mac",
)
DOCUMENTS = ("answers", "asked", "masked")
COLUMNS = (*NUMBERS, *TEXTS, *DOCUMENTS)
INCOMING = (*COLUMNS, "before", "since")
AWAY = (OperationalError, InterfaceError)

_text = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class Written:
    """The submission that holds these words: its id, and the hash of what it says."""

    id: int
    body_hash: str


class Store:
    """A connection of its own, which commits each statement. Opened when it is needed, closed when it fails."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._raw: Any = None
        self._turn: Turn | None = None

    def write(self, rows: list[Row]) -> dict[int, Written]:
        """Write the rows and commit; each row's id to what now holds its words. Raises what SQLAlchemy would.

        Once more when an old connection turns out to be dead: what was written is then found again.
        """
        old = self._raw is not None and self._turn is None
        try:
            return self._attempt(rows)
        except AWAY:
            if not old:
                raise
            return self._attempt(rows)

    def _attempt(self, rows: list[Row]) -> dict[int, Written]:
        try:
            if self._raw is None:
                self._open()
            return self._write(rows)
        except Exception as error:
            self.close()
            raise _as_sqlalchemy(self._engine, error) from None

    def _open(self) -> None:
        raw: Any = self._engine.raw_connection()
        raw.detach()  # never back into the pool: it has a trigger, or commits by itself
        self._raw = raw
        if self._engine.dialect.name == "sqlite":
            raw.cursor().execute(SQLITE_PROMISE)
            self._turn = Turn(str(self._engine.url.database))
        else:
            raw.dbapi_connection.autocommit = True

    def _write(self, rows: list[Row]) -> dict[int, Written]:
        cursor = self._raw.cursor()
        if self._turn is None:
            return _settle(cursor, _postgres(cursor, rows), rows, POSTGRES_HOLDER)
        self._turn.take()
        try:
            return _settle(cursor, _sqlite(cursor, rows), rows, SQLITE_HOLDER)
        finally:
            self._turn.give_back()

    def close(self) -> None:
        if self._turn:
            self._turn.close()
        if self._raw is not None:
            self._raw.close()
        self._raw = self._turn = None


def put(connection: Connection, rows: list[Row]) -> dict[int, Written]:
    """The same in a transaction of the caller's."""
    cursor = connection.connection.cursor()
    if connection.dialect.name != "sqlite":
        return _settle(cursor, _postgres(cursor, rows), rows, POSTGRES_HOLDER)
    cursor.execute(SQLITE_PROMISE)
    try:
        return _settle(cursor, _sqlite(cursor, rows), rows, SQLITE_HOLDER)
    finally:
        cursor.execute("DROP TRIGGER temp.promise")


def _settle(cursor: Any, won: int, rows: list[Row], holder: str) -> dict[int, Written]:
    """All of them, nearly always. Where not, ask for each who holds its words."""
    if won == len(rows):
        return {row["id"]: Written(row["id"], row["body_hash"]) for row in rows}
    return {row["id"]: _holder(cursor, row, holder) for row in rows}


def _holder(cursor: Any, row: Row, holder: str) -> Written:
    cursor.execute(holder, (row["form_id"], row["dedupe"], row["before"] or row["dedupe"]))
    return Written(*cursor.fetchone())


def _as_sqlalchemy(engine: Engine, error: Exception) -> BaseException:
    """The driver's errors as SQLAlchemy's, which the rest of the app knows; without the rows."""
    dbapi = engine.dialect.loaded_dbapi
    return DBAPIError.instance("submission", None, error, dbapi.Error, dialect=engine.dialect)


def _plain(row: Row) -> list[object]:
    documents = [_text(row[name]) for name in DOCUMENTS]  # text already, as the columns want them
    return [*(row[name] for name in (*NUMBERS, *TEXTS)), *documents, row["before"], row["since"]]


def _sqlite(cursor: Any, rows: Iterable[Row]) -> int:
    """One statement, which is a transaction by itself; returns how many rows were new."""
    cursor.execute(SQLITE, (_text([_plain(row) for row in rows]),))
    return int(cursor.rowcount)


def _postgres(cursor: Any, rows: Iterable[Row]) -> int:
    documents = _text([dict(zip(INCOMING, _plain(row), strict=True)) for row in rows])
    cursor.execute(POSTGRES, (documents,))
    return int(cursor.fetchone()[0])


def _at(name: str) -> str:
    return f"json_extract(row.value, '$[{INCOMING.index(name)}]')"


SQLITE = f"""
INSERT INTO submission ({", ".join(COLUMNS)})
SELECT {", ".join(map(_at, COLUMNS))} FROM json_each(?) AS row
WHERE {_at("before")} = '' OR NOT EXISTS (
  SELECT 1 FROM submission AS s WHERE s.form_id = {_at("form_id")} AND s.dedupe = {_at("before")}
  AND s.received_at > {_at("since")})
ON CONFLICT (form_id, dedupe) DO NOTHING
"""
SQLITE_PROMISE = f"""
CREATE TEMP TRIGGER promise AFTER INSERT ON main.submission BEGIN
  INSERT INTO outbox (kind, lane, ref, created_at, run_at, attempts, error)
  VALUES ({NEXT.format(box="NEW.box")}, {NEXT.format(box="NEW.box")} || ':' || NEW.id, CAST(NEW.id AS TEXT),
    NEW.received_at, NEW.received_at, 0, '');
END
"""


def _typed(name: str) -> str:
    return f"{name} {'bigint' if name in (*NUMBERS, 'since') else 'text'}"


POSTGRES = f"""
WITH incoming AS (
  SELECT * FROM json_to_recordset(%s::json) AS x({", ".join(map(_typed, INCOMING))})
), won AS (
  INSERT INTO submission ({", ".join(COLUMNS)})
  SELECT {", ".join((*NUMBERS, *TEXTS))}, {", ".join(f"{name}::json" for name in DOCUMENTS)} FROM incoming AS i
  WHERE before = '' OR NOT EXISTS (
    SELECT 1 FROM submission AS s WHERE s.form_id = i.form_id AND s.dedupe = i.before
    AND s.received_at > i.since)
  ON CONFLICT (form_id, dedupe) DO NOTHING RETURNING id, box, received_at
), promised AS (
  INSERT INTO outbox (kind, lane, ref, created_at, run_at, attempts, error)
  SELECT {NEXT.format(box="box")}, {NEXT.format(box="box")} || ':' || id, id::text, received_at, received_at, 0, ''
  FROM won
)
SELECT count(*) FROM won
"""
_HOLDER = "SELECT id, body_hash FROM submission WHERE form_id = {0} AND dedupe IN ({0}, {0}) ORDER BY id DESC LIMIT 1"
SQLITE_HOLDER, POSTGRES_HOLDER = _HOLDER.format("?"), _HOLDER.format("%s")
