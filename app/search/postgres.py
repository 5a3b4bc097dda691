"""Search on PostgreSQL: trigrams over a contact's text, a stored tsvector of a submission's words.

Asked for "newest first, fifty of them" the planner may walk the primary key and test a million rows for a rare word,
or collect a million rows for a common one. So it is not left to choose: the newest few thousand rows are tested one by
one, and only when they hold too little is the index asked for all there is, which then is a rare word.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.extensions import db
from app.search.words import fold, parts, words

RECENT = 4000  # rows that are tested one by one
PATIENCE = 2000  # milliseconds
WIDEST = 500_000  # bytes of words in one document; PostgreSQL's own limit is 1 MiB


class TooSlow(Exception):
    """The search took too long and was given up."""


def put_contact(id: int, content: str) -> None:
    _put("search_contact", "text", ":content", {"id": id, "content": fold(content)})


def put_submission(id: int, content: str) -> None:
    document = "array_to_tsvector(CAST(:content AS text[]))"
    _put("search_submission", "document", document, {"id": id, "content": _bounded(words(content))})


def _bounded(all_words: list[str]) -> list[str]:
    size, kept = 0, []
    for word in all_words:
        size += len(word.encode())
        if size > WIDEST:
            break
        kept.append(word)
    return kept


def _put(table: str, column: str, value: str, parameters: dict[str, Any]) -> None:
    db.session.execute(
        text(
            f"INSERT INTO {table} (id, {column}) VALUES (:id, {value}) "
            f"ON CONFLICT (id) DO UPDATE SET {column} = excluded.{column}"
        ),
        parameters,
    )


def remove(table: str, id: int) -> bool:
    gone: Any = db.session.execute(text(f"DELETE FROM {table} WHERE id = :id"), {"id": id})
    return bool(gone.rowcount)


def find_contacts(query: str, after: int, before: int, limit: int, newest: bool) -> list[int]:
    wanted = {f"part{number}": f"%{_literal(part)}%" for number, part in enumerate(parts(query))}
    condition = " AND ".join(f"text LIKE :{name}" for name in wanted)
    return _find("search_contact", condition, wanted, after, before, limit, newest)


def find_submissions(query: str, after: int, before: int, limit: int, newest: bool) -> list[int]:
    wanted = " & ".join(f"'{word}'" for word in words(query))  # letters and digits only: nothing to escape
    condition = "document @@ CAST(:wanted AS tsquery)"
    return _find("search_submission", condition, {"wanted": wanted}, after, before, limit, newest)


def _literal(part: str) -> str:
    return part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _find(
    table: str, condition: str, wanted: dict[str, str], after: int, before: int, limit: int, newest: bool
) -> list[int]:
    order, between = "DESC" if newest else "ASC", "id > :after AND id < :before"
    recent = f"SELECT * FROM {table} WHERE {between} ORDER BY id {order} LIMIT {RECENT}"
    tested = f"SELECT id FROM ({recent}) AS recent WHERE {condition} ORDER BY id {order} LIMIT :limit"
    # `+ 0` keeps the planner off the primary key
    looked_up = f"SELECT id FROM {table} WHERE {condition} AND {between} ORDER BY id + 0 {order} LIMIT :limit"
    values = {**wanted, "after": after, "before": before, "limit": limit}
    with _patience():
        found = list(db.session.scalars(text(tested), values))
        return found if len(found) == limit else list(db.session.scalars(text(looked_up), values))


class _patience:  # noqa: N801
    """A savepoint in which no statement may take longer than PATIENCE. Raises `TooSlow`."""

    def __enter__(self) -> None:
        self.nested = db.session.begin_nested()
        db.session.execute(text("SELECT set_config('statement_timeout', :limit, true)"), {"limit": str(PATIENCE)})

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        self.nested.rollback()  # nothing was written, and the session's own limit comes back
        if isinstance(error, OperationalError) and getattr(error.orig, "sqlstate", "") == "57014":
            raise TooSlow from None


def compact() -> Iterator[None]:
    """Nothing to do: autovacuum takes removed rows out of the indexes."""
    yield from ()
