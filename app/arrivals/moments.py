"""Moments as lists write them. What can be read in two ways is not read: a wrong day is worse proof than none."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

OSLO = ZoneInfo("Europe/Oslo")
EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
SLACK = timedelta(days=1)  # clocks and time zones of others

_NORWEGIAN = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[ ,T]+(?:kl\.? ?)?(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?)?")
_SLASHES = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?:[ ,T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")


def moment(text: str, now: datetime, zone: ZoneInfo = OSLO) -> datetime | None:
    """The moment in UTC, to the second; None for what is no moment, or cannot be one: before 1995, after today.

    ISO 8601, `2.3.2024 kl. 14.05`, and 3/15/2024 where only one of the numbers can be the month. Without a zone it is
    local time.
    """
    try:
        found = _iso(text) or _parts(text)
        utc = (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC) if found else None
    except (ValueError, OverflowError):
        return None
    return utc.replace(microsecond=0) if utc and EARLIEST <= utc <= now + SLACK else None


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.strip()) if "-" in text[4:8] else None
    except ValueError:
        return None


def _parts(text: str) -> datetime | None:
    if match := _NORWEGIAN.fullmatch(text.strip()):
        day, month, year, *clock = map(int, match.groups(default="0"))
        return _at(year, month, day, clock)
    if match := _SLASHES.fullmatch(text.strip()):
        one, two, year, *clock = map(int, match.groups(default="0"))
        return _slashed(one, two, year, clock)
    return None


def _slashed(one: int, two: int, year: int, clock: list[int]) -> datetime | None:
    if one <= 12 and two <= 12 and one != two:
        return None
    month, day = (one, two) if one <= 12 else (two, one)
    return _at(year, month, day, clock)


def _at(year: int, month: int, day: int, clock: list[int]) -> datetime:
    hour, minute, second = clock
    return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - the caller knows the zone
