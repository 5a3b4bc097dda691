"""Ids of submissions: 63 bits that sort by time, made without asking the database."""

from __future__ import annotations

from datetime import UTC, datetime
from secrets import randbits

from app.clock import from_ms, now, to_ms

BEGAN = to_ms(datetime(2020, 1, 1, tzinfo=UTC))
RANDOM_BITS = 22
PREFIX = "sub_"


def new_id() -> int:
    """Milliseconds since 2020, then 22 random bits. Good until 2089."""
    return (to_ms(now()) - BEGAN) << RANDOM_BITS | randbits(RANDOM_BITS)


def when(id_: int) -> datetime:
    """The moment an id was made."""
    return from_ms((id_ >> RANDOM_BITS) + BEGAN)


def public(id_: int) -> str:
    """The id as visitors and scripts see it."""
    return f"{PREFIX}{id_:x}"
