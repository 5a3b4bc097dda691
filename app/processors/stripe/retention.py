"""Which of Stripe's objects document a sale. Pure.

Angrerettloven § 20: a consumer has fourteen days to change her mind, and a payment may then have to be given back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

REFUNDS = timedelta(days=14)


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
