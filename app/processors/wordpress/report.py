"""What is left in WordPress, in words that say what to click. Holds kinds, counts and ids: nobody's data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from app.processors.base import Held, Outcome
from app.processors.bookkeeping import LAW, until

Data = dict[str, Any]
SHOWN = 5  # ids named of each kind
WHY = {
    "rights": "may do more than read: change its address or delete it under Users, by hand",
    "written": "has written posts: delete it under Users and choose what happens to them",
    "network": "belongs to a network: delete it under My Sites, Network Admin, Users",
    "failed": "could not be deleted: delete it under Users",
}


@dataclass(frozen=True)
class Found:
    """`held` is hers; `mentions` are places that name her in passing; `unfinished` tables were not searched."""

    held: Sequence[Data] = ()
    mentions: Sequence[Data] = ()
    unfinished: Sequence[str] = ()

    def objects(self) -> list[Held]:
        """Each object, or each table with its number of rows."""
        return [*_objects(self.held), *_objects(self.mentions, "mention:")]


@dataclass(frozen=True)
class Left:
    """How an erasure ended."""

    found: Found
    refused: Sequence[Data] = ()
    failed: Sequence[str] = ()
    showing: Sequence[str] = field(default=())  # exporters that still show something
    silent: Sequence[str] = field(default=())  # exporters that failed

    @property
    def orders(self) -> list[Data]:
        return [group for group in self.found.held if group["kind"] == "order"]

    def outcome(self, state: str, fiscal_end: tuple[int, ...]) -> Outcome:
        """`state` where nothing is left; otherwise what a person must do, and until when orders are kept."""
        todo = list(self._todo())
        kept = _kept_until(self.orders, fiscal_end)
        law = LAW if self.orders else ""
        if todo:
            return Outcome("manual", " ".join(todo), law=law, until=kept)
        if self.orders:
            return Outcome(
                "kept", f"{_count(self.orders)} WooCommerce orders are part of the books.", law=law, until=kept
            )
        return Outcome(state)

    def _todo(self) -> Iterable[str]:
        for user in self.refused:
            yield f"Account {user['id']} {WHY.get(user['why'], WHY['failed'])}."
        for group in self.found.held:
            if group["kind"] not in ("user", "order"):
                yield f"Still there: {_named(group)}. Delete it in the plugin it belongs to."
        for group in self.found.mentions:
            yield f"Look at {_named(group)}, which names the person in its text."
        if self.found.unfinished:
            yield f"Not searched for lack of time: {', '.join(self.found.unfinished)}."
        if self.failed:
            yield f"These erasers failed: {', '.join(self.failed)}."
        if self.showing:
            yield f"These exporters still show something: {', '.join(self.showing)}."
        if self.silent:
            yield f"These exporters could not be read: {', '.join(self.silent)}."


def _objects(groups: Iterable[Data], prefix: str = "") -> list[Held]:
    found = []
    for group in groups:
        names = group["ids"] or [f"{group['count']} rows"]
        found += [Held(prefix + group["kind"], str(name)) for name in names]
    return found


def _named(group: Data) -> str:
    kind, _, table = group["kind"].partition("table:")
    ids = ", ".join(str(name) for name in group["ids"][:SHOWN])
    more = " …" if len(group["ids"]) > SHOWN else ""
    status = f" in status {group['status']}" if group["status"] else ""
    if table:
        return f"{group['count']} rows of the table {table}"
    return f"{group['count']} × {kind}{status} ({ids}{more})"


def _count(groups: Iterable[Data]) -> int:
    return sum(group["count"] for group in groups)


def _kept_until(orders: Iterable[Data], fiscal_end: tuple[int, ...]) -> date | None:
    days = [date.fromisoformat(group["newest"]) for group in orders if group.get("newest")]
    return until([datetime.combine(day, time(12), UTC) for day in days], fiscal_end)
