"""Pages by key: the rows next to an id, never the rows after the first so many. As fast at the end as at the start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request, url_for

SIZE = 50
LARGEST = 2**63 - 1

Fetch = Callable[[int | None, int | None, int], Sequence[Any]]


@dataclass(frozen=True)
class Page:
    """Rows, newest first, and the ids to go on from where there are more of them."""

    rows: Sequence[Any]
    newer: int | None
    older: int | None

    def urls(self, **query: Any) -> dict[str, str | None]:
        """`newer_url` and `older_url` of this page for its template, with the filters that are set."""
        kept = {name: value for name, value in query.items() if value}
        here = request.endpoint or ""
        return {
            "newer_url": url_for(here, **kept, after=self.newer) if self.newer is not None else None,
            "older_url": url_for(here, **kept, before=self.older) if self.older is not None else None,
        }


def cursor(name: str) -> int | None:
    """The id in `?before=` or `?after=`; anything that cannot be one counts as none."""
    number = request.args.get(name, type=int)
    return number if number is not None and 0 <= number <= LARGEST else None


def page(fetch: Fetch, key: Callable[[Any], int], size: int = SIZE) -> Page:
    """The page that the request asks for. `fetch(before, after, limit)` gives rows newest first."""
    before, after = cursor("before"), cursor("after")
    if after is not None:
        before = None
    rows = fetch(before, after, size + 1)
    more = len(rows) > size
    rows = rows[-size:] if after is not None else rows[:size]
    has_newer, has_older = (more, True) if after is not None else (before is not None, more)
    if not rows:
        return Page(rows, None, None)
    return Page(rows, key(rows[0]) if has_newer else None, key(rows[-1]) if has_older else None)


def beside(statement: Any, column: Any, before: Any, after: Any, limit: int) -> Any:
    """The statement, narrowed to the rows next to the key. Rows after a key come oldest first: see `newest_first`."""
    if after is not None:
        return statement.where(column > after).order_by(column).limit(limit)
    if before is not None:
        statement = statement.where(column < before)
    return statement.order_by(column.desc()).limit(limit)


def newest_first(rows: Sequence[Any], after: int | None) -> Sequence[Any]:
    return rows[::-1] if after is not None else rows
