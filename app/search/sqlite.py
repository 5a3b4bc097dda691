"""Search on SQLite: two FTS5 tables whose rowid is our id, so that newest first needs no sorting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import text

from app.extensions import db
from app.search.words import fold, parts, words

STEP = 100  # pages of an index that one step of `compact` may write
LISTS = 6  # trigrams of one search: each is a list as long as there are texts that hold it


def put_contact(id: int, content: str) -> None:
    _put("search_contact", id, fold(content))


def put_submission(id: int, content: str) -> None:
    _put("search_submission", id, " ".join(words(content)))


def _put(table: str, id: int, content: str) -> None:
    statement = f"INSERT OR REPLACE INTO {table} (rowid, text) VALUES (:id, :text)"
    db.session.execute(text(statement), {"id": id, "text": content})


def remove(table: str, id: int) -> bool:
    gone: Any = db.session.execute(text(f"DELETE FROM {table} WHERE rowid = :id"), {"id": id})
    return bool(gone.rowcount)


def find_contacts(query: str, after: int, before: int, limit: int, newest: bool) -> list[int]:
    wanted = parts(query)
    groups = [group for part in wanted for group in _groups(part, max(1, LISTS // len(wanted)))]
    return _find("search_contact", groups, after, before, limit, newest, held=wanted)


def _groups(part: str, most: int) -> list[str]:
    """Trigrams spread over a part from its first to its last: every second one, or as many as there may be.

    Every second one still holds each pair of neighbours, so that few other texts have them all, and the index walks
    half as many lists as for the part whole. What they let through that is not the part, `instr` takes out.
    """
    last = len(part) - 3
    count = min(most, 1 + (last + 1) // 2)
    return [part[at : at + 3] for at in (last * number // max(1, count - 1) for number in range(count))]


def find_submissions(query: str, after: int, before: int, limit: int, newest: bool) -> list[int]:
    return _find("search_submission", words(query), after, before, limit, newest)


def _find(
    table: str, wanted: list[str], after: int, before: int, limit: int, newest: bool, held: Sequence[str] = ()
) -> list[int]:
    order = "DESC" if newest else "ASC"
    tested = {f"held{number}": piece for number, piece in enumerate(held)}
    holds = "".join(f" AND instr(text, :{name}) > 0" for name in tested)
    statement = (
        f"SELECT rowid FROM {table} WHERE {table} MATCH :match AND rowid > :after AND rowid < :before{holds} "
        f"ORDER BY rowid {order} LIMIT :limit"
    )
    match = " ".join(map(quoted, dict.fromkeys(wanted)))
    values: dict[str, Any] = {**tested, "match": match, "after": after, "before": before, "limit": limit}
    return list(db.session.scalars(text(statement), values))


def quoted(word: str) -> str:
    """A word as an FTS5 string: nothing in it is syntax. Source: sqlite.org/fts5.html, section 3.1."""
    return '"' + word.replace('"', '""') + '"'


def compact() -> Iterator[None]:
    """Write both indexes anew, a step at a time.

    FTS5 only notes that a row is gone; its words stay in older parts of the index until all parts have been merged
    into one (sqlite.org/fts5.html, section 6.8). A negative size begins that, positive ones go on with it.
    """
    for table in ("search_contact", "search_submission"):
        _merge(table, -STEP)
        yield
        while _merge(table, STEP):
            yield


def _merge(table: str, pages: int) -> bool:
    """One step; False when there was nothing left to do (fewer than two changes, says the manual)."""
    connection: Any = db.session.connection().connection.driver_connection
    before = connection.total_changes
    db.session.execute(text(f"INSERT INTO {table} ({table}, rank) VALUES ('merge', :pages)"), {"pages": pages})
    changed: int = connection.total_changes - before
    return changed >= 2
