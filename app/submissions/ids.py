"""Ids of submissions: 63 bits that sort by time, made without asking the database."""

from __future__ import annotations

from datetime import UTC, datetime
from random import getrandbits
from threading import Lock

from app.clock import from_ms, now, to_ms

BEGAN = to_ms(datetime(2020, 1, 1, tzinfo=UTC))
RANDOM_BITS = 22
PREFIX = "sub_"


class Ids:
    """Milliseconds since 2020, then 22 random bits; within one millisecond of one process, one after the other."""

    def __init__(self) -> None:
        self._last = 0
        self._lock = Lock()

    def next(self) -> int:
        """A new id. Good until 2089."""
        id_ = (to_ms(now()) - BEGAN) << RANDOM_BITS | getrandbits(RANDOM_BITS)  # to be unlike, not to be secret
        with self._lock:
            if id_ >> RANDOM_BITS == self._last >> RANDOM_BITS:
                id_ = max(id_, self._last + 1)
            self._last = id_
        return id_


new_id = Ids().next


def when(id_: int) -> datetime:
    """The moment an id was made."""
    return from_ms((id_ >> RANDOM_BITS) + BEGAN)


def first(moment: datetime) -> int:
    """The lowest id that can be made at this moment."""
    return (to_ms(moment) - BEGAN) << RANDOM_BITS


def public(id_: int) -> str:
    """The id as visitors and scripts see it."""
    return f"{PREFIX}{id_:x}"
