"""How long the law wants a sale to be documented. Pure, and the same for everybody who keeps sales.

Bokføringsloven § 13: documentation of sales is kept for five years after the end of the accounting year. GDPR article
17 (3) (b) lets it be kept, and no more than that.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

LAW = "bokføringsloven § 13"
YEARS = 5
HERE = ZoneInfo("Europe/Oslo")  # where the accounting year begins and ends


class Fiscal(NamedTuple):
    """The day on which a company's accounting year ends, and for how many years after it documents are kept."""

    month: int = 12
    day: int = 31
    years: int = YEARS


YEAR = Fiscal()  # of most companies


def read(config: Mapping[str, Any]) -> Fiscal:
    """FISCAL_YEAR_END and BOOKKEEPING_YEARS. Raises `ValueError` naming the setting."""
    try:
        month, day = map(int, str(config.get("FISCAL_YEAR_END") or "12-31").split("-"))
        end = date(2024, month, day)  # a leap year: 02-29 is a day
    except ValueError:
        raise ValueError("FISCAL_YEAR_END must be month and day, like 12-31") from None
    years = int(config.get("BOOKKEEPING_YEARS", YEARS))
    if years < YEARS:
        raise ValueError(f"BOOKKEEPING_YEARS must be at least {YEARS}, which the law demands")
    return Fiscal(end.month, end.day, years)


def until(moments: Iterable[datetime], fiscal_end: tuple[int, ...] = YEAR) -> date | None:
    """The last day on which documents from these moments must be kept; None where there are none.

    `fiscal_end` is a `Fiscal`, or the first of its parts.
    """
    days = [moment.astimezone(HERE).date() for moment in moments]
    return _kept_until(max(days), Fiscal(*fiscal_end)) if days else None


def _kept_until(day: date, fiscal: Fiscal) -> date:
    end = _year_end(day.year, fiscal)
    year = day.year if day <= end else day.year + 1
    return _year_end(year + fiscal.years, fiscal)


def _year_end(year: int, fiscal: Fiscal) -> date:
    """29 February is the last of February in other years."""
    month, day = fiscal.month, fiscal.day
    last = monthrange(year, month)[1]
    return date(year, month, last if (month, day) in ((2, 28), (2, 29)) else day)


def today(now: datetime | None = None) -> date:
    return (now or datetime.now(UTC)).astimezone(HERE).date()
