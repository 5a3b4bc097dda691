"""How long the law wants a sale to be documented. Pure.

Bokføringsloven § 13: documentation of sales is kept for five years after the end of the accounting year. GDPR article
17 (3) (b) lets it be kept, and no more than that. Angrerettloven § 20: a consumer has fourteen days to change her mind.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

LAW = "bokføringsloven § 13"
YEARS = 5
REFUNDS = timedelta(days=14)
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


def documents(books: Iterable[Mapping[str, Any]]) -> list[datetime]:
    """When each document of a sale came to be. A draft and an attempt at paying are none."""
    return [_moment(row) for row in books if is_document(row)]


def is_document(row: Mapping[str, Any]) -> bool:
    """Is this object of Stripe's part of the books? A voided invoice is: its number is in the series."""
    match row.get("object"):
        case "invoice":
            return row.get("status") != "draft"
        case "credit_note":
            return True
        case "charge":
            return row.get("status") == "succeeded"
        case "checkout.session":
            return row.get("payment_status") == "paid" and bool(row.get("amount_total"))
    return False


def _moment(row: Mapping[str, Any]) -> datetime:
    """When the document was issued. What happened to it later is a document of its own."""
    issued = (row.get("status_transitions") or {}).get("finalized_at") or row["created"]
    return datetime.fromtimestamp(int(issued), UTC)


def refundable_until(books: Iterable[Mapping[str, Any]]) -> datetime | None:
    """Until when the newest payment may have to be given back."""
    paid = [_moment(row) for row in books if row.get("object") == "charge" and row.get("status") == "succeeded"]
    return max(paid) + REFUNDS if paid else None
