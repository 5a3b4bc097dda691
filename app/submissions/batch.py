"""Many submissions in one transaction, with the promise of the work that follows: one statement on PostgreSQL.

A row whose key is taken is not written; it is answered with the one that took it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, text

from app.clock import now, to_ms
from app.submissions.record import WINDOW, Row

KIND = "submission.process"
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


@dataclass(frozen=True, slots=True)
class Written:
    """The submission that holds these words: its id, and the hash of what it says."""

    id: int
    body_hash: str


def write(engine: Engine, rows: list[Row]) -> dict[int, Written]:
    """Write the rows and commit; each row's id to what now holds its words. Raises what the database raises."""
    with engine.begin() as connection:
        return put(connection, rows)


def put(connection: Connection, rows: list[Row]) -> dict[int, Written]:
    """The same in a transaction of the caller's."""
    store = _sqlite if connection.dialect.name == "sqlite" else _postgres
    won = set(store(connection, rows))
    return {
        row["id"]: Written(row["id"], row["body_hash"]) if row["id"] in won else _holder(connection, row)
        for row in rows
    }


def _holder(connection: Connection, row: Row) -> Written:
    names = {"form_id": row["form_id"], "dedupe": row["dedupe"], "before": row["before"] or row["dedupe"]}
    holder = connection.execute(HOLDER, names).one()
    return Written(holder.id, holder.body_hash)


HOLDER = text(
    "SELECT id, body_hash FROM submission WHERE form_id = :form_id AND dedupe IN (:dedupe, :before) "
    "ORDER BY id DESC LIMIT 1"
)


def _encode(rows: Iterable[Row]) -> str:
    """The rows as one JSON text; documents inside are text already, as the columns want them."""
    return json.dumps([[*_plain(row), row["before"]] for row in rows], ensure_ascii=False)


def _plain(row: Row) -> list[object]:
    documents = [json.dumps(row[name], ensure_ascii=False) for name in DOCUMENTS]
    return [*(row[name] for name in (*NUMBERS, *TEXTS)), *documents]


def _sqlite(connection: Connection, rows: list[Row]) -> list[int]:
    won: list[int] = list(connection.exec_driver_sql(SQLITE, (_encode(rows),)).scalars())
    boxed = {row["id"] for row in rows if row["box"] != "accepted"}
    work = json.dumps([str(id_) for id_ in won if id_ not in boxed])
    connection.exec_driver_sql(SQLITE_WORK, (KIND, KIND, to_ms(now()), to_ms(now()), work))
    return won


def _at(name: str) -> str:
    index = len(COLUMNS) if name == "before" else COLUMNS.index(name)
    return f"json_extract(row.value, '$[{index}]')"


SQLITE = f"""
INSERT INTO submission ({", ".join(COLUMNS)})
SELECT {", ".join(map(_at, COLUMNS))} FROM json_each(?) AS row
WHERE {_at("before")} = '' OR NOT EXISTS (
  SELECT 1 FROM submission AS s WHERE s.form_id = {_at("form_id")} AND s.dedupe = {_at("before")}
  AND s.received_at > {_at("received_at")} - {WINDOW})
ON CONFLICT (form_id, dedupe) DO NOTHING RETURNING id
"""
SQLITE_WORK = """
INSERT INTO outbox (kind, lane, ref, created_at, run_at, attempts, error)
SELECT ?, ? || ':' || value, value, ?, ?, 0, '' FROM json_each(?)
"""


def _postgres(connection: Connection, rows: list[Row]) -> list[int]:
    documents = json.dumps(
        [dict(zip((*COLUMNS, "before"), [*_plain(row), row["before"]], strict=True)) for row in rows]
    )
    return list(connection.exec_driver_sql(POSTGRES, (documents, KIND, KIND, to_ms(now()), to_ms(now()))).scalars())


def _typed(name: str) -> str:
    return f"{name} {'bigint' if name in NUMBERS else 'text'}"


POSTGRES = f"""
WITH incoming AS (
  SELECT * FROM json_to_recordset(%s::json) AS x({", ".join(map(_typed, (*COLUMNS, "before")))})
), won AS (
  INSERT INTO submission ({", ".join(COLUMNS)})
  SELECT {", ".join((*NUMBERS, *TEXTS))}, {", ".join(f"{name}::json" for name in DOCUMENTS)} FROM incoming AS i
  WHERE before = '' OR NOT EXISTS (
    SELECT 1 FROM submission AS s WHERE s.form_id = i.form_id AND s.dedupe = i.before
    AND s.received_at > i.received_at - {WINDOW})
  ON CONFLICT (form_id, dedupe) DO NOTHING RETURNING id, box
), promised AS (
  INSERT INTO outbox (kind, lane, ref, created_at, run_at, attempts, error)
  SELECT %s, %s || ':' || id, id::text, %s, %s, 0, '' FROM won WHERE box = 'accepted'
)
SELECT id FROM won
"""
