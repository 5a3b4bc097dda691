"""How long the law wants a sale to be documented. Pure, and the same for everybody who keeps sales.

Bokføringsloven § 13: documentation of sales is kept for five years after the end of the accounting year. GDPR article
17 (3) (b) lets it be kept, and no more than that.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LAW = "bokføringsloven § 13"
YEARS = 5
HERE = ZoneInfo("Europe/Oslo")  # where the accounting year begins and ends


def until(moments: Iterable[datetime], fiscal_end: tuple[int, int] = (12, 31)) -> date | None:
    """The last day on which documents from these moments must be kept; None where there are none."""
    days = [moment.astimezone(HERE).date() for moment in moments]
    return _kept_until(max(days), fiscal_end) if days else None


def _kept_until(day: date, fiscal_end: tuple[int, int]) -> date:
    end = _year_end(day.year, fiscal_end)
    year = day.year if day <= end else day.year + 1
    return _year_end(year + YEARS, fiscal_end)


def _year_end(year: int, fiscal_end: tuple[int, int]) -> date:
    """29 February is the last of February in other years."""
    month, day = fiscal_end
    last = monthrange(year, month)[1]
    return date(year, month, last if (month, day) in ((2, 28), (2, 29)) else day)


def today(now: datetime | None = None) -> date:
    return (now or datetime.now(UTC)).astimezone(HERE).date()
