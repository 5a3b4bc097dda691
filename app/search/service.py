"""The verbs of search. They run in the caller's transaction and never commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from types import ModuleType

from app import outbox
from app.clock import now
from app.extensions import db
from app.search import postgres, sqlite
from app.search.postgres import TooSlow
from app.search.words import parts, words

__all__ = ["TooSlow"]

FIRST, LAST = -1, 2**63 - 1
GATHER = timedelta(minutes=1)  # so that many removals are followed by one compaction


def _engine() -> ModuleType:
    return postgres if db.engine.dialect.name == "postgresql" else sqlite


def index_contact(id: int, content: str) -> None:
    """Make a contact findable by any part of this text; what was there before is replaced."""
    _engine().put_contact(id, content)


def index_submission(id: int, content: str) -> None:
    """Make a submission findable by the words of this text; what was there before is replaced."""
    _engine().put_submission(id, content)


def remove_contact(id: int) -> None:
    """Forget a contact's text: at once for whoever searches, and in the file as soon as the worker has compacted it."""
    _remove("search_contact", id)


def remove_submission(id: int) -> None:
    """Forget a submission's words, in the same way."""
    _remove("search_submission", id)


def _remove(table: str, id: int) -> None:
    if _engine().remove(table, id):
        outbox.enqueue("search.compact", run_at=now() + GATHER)


def find_contacts(query: str, before: int | None = None, limit: int = 50, after: int | None = None) -> list[int]:
    """Ids of contacts that hold every piece of the query, newest first.

    With `after` the page just newer than that id, otherwise the page just older than `before`. Pieces shorter than
    three characters are passed over; a query of nothing else finds nobody. Raises `TooSlow`.
    """
    if not parts(query):
        return []
    return _page(_engine().find_contacts, query, before, limit, after)


def find_submissions(query: str, before: int | None = None, limit: int = 50, after: int | None = None) -> list[int]:
    """Ids of submissions that hold every word of the query, newest first; pages as above. Raises `TooSlow`."""
    if not words(query):
        return []
    return _page(_engine().find_submissions, query, before, limit, after)


def _page(find: Callable[..., list[int]], query: str, before: int | None, limit: int, after: int | None) -> list[int]:
    newest = after is None
    floor = FIRST if after is None else after
    ids = find(query, floor, LAST if before is None else before, limit, newest)
    return ids if newest else ids[::-1]


def compact() -> Iterator[None]:
    """Take the last traces of removed rows out of the indexes, a step at a time; commit after every step."""
    yield from _engine().compact()
