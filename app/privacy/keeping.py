"""Until when letters stay that somebody keeps in spite of a wish to be erased. Pure.

The day follows from the ground, or staff name another. Without one nothing is kept (GDPR article 5 (1) (e)).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from app.privacy.errors import Unfit
from app.processors import bookkeeping
from app.processors.bookkeeping import Fiscal

SALES, CLAIMS = bookkeeping.LAW, "GDPR article 17 (3) (e)"
# Why a letter stays, as the person is told.
GROUNDS = (SALES, "GDPR article 17 (3) (b)", CLAIMS, "GDPR article 17 (1) (c)")
CLAIM = 3  # years in which a claim lapses (foreldelsesloven § 2)
LONGEST = 13  # and those of the longest: ten more at most (§ 10)


def proposed(ground: str, letters: Iterable[datetime], fiscal: Fiscal) -> date | None:
    """The last day that follows from the ground, by the newest of the letters; None where the law names none."""
    moments = list(letters)
    if ground == SALES:
        return bookkeeping.until(moments, fiscal)
    return _after(max(map(bookkeeping.today, moments)), CLAIM) if ground == CLAIMS and moments else None


def last_day(ground: str, typed: str, letters: Iterable[datetime], today: date, fiscal: Fiscal) -> date:
    """The day that was typed (ISO 8601), or else the one that follows from the ground. Raises Unfit."""
    if ground not in GROUNDS:
        raise Unfit("ground", "missing")
    day = _read(typed) if typed.strip() else proposed(ground, letters, fiscal)
    if day is None:
        raise Unfit("until", "missing")
    if day <= today:
        raise Unfit("until", "past" if typed.strip() else "over")
    if day > _after(today, LONGEST):
        raise Unfit("until", "late")
    return day


def _read(typed: str) -> date:
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        raise Unfit("until", "unreadable") from None


def _after(day: date, years: int) -> date:
    """The same day so many years later; of 29 February the one before, where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 2, 28)
