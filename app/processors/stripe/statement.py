"""What of Stripe's objects matters to us, in our words. Pure.

Stripe moved fields between versions: both places are read, so that a change of the pinned version loses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Data = Mapping[str, Any]


@dataclass(frozen=True)
class Invoice:
    """One invoice. Amounts are in the currency's smallest unit."""

    id: str
    number: str
    status: str
    currency: str
    total: int
    remaining: int
    issued_at: datetime
    paid_at: datetime | None
    due_at: datetime | None
    url: str


@dataclass(frozen=True)
class Subscription:
    """One subscription."""

    id: str
    status: str
    started_at: datetime
    period_end: datetime | None
    ended_at: datetime | None
    cancels: bool


@dataclass(frozen=True)
class TaxNumber:
    """A tax number as typed at Stripe; `verification` is Stripe's own word on it."""

    id: str
    kind: str
    value: str
    verification: str


@dataclass(frozen=True)
class Statement:
    """One customer as it stands now. Of a deleted one only what was sold to her is left."""

    id: str
    deleted: bool = False
    address: str = ""
    created_at: datetime | None = None
    currency: str = ""
    card_brand: str = ""
    card_last4: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    tax_numbers: tuple[TaxNumber, ...] = ()
    invoices: tuple[Invoice, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()

    @classmethod
    def read(
        cls, customer: Data, books: Mapping[str, Sequence[Data]], tax_ids: Sequence[Data], methods: Sequence[Data]
    ) -> Statement:
        brand, last4 = _card(customer, methods)
        return cls(
            id=customer["id"],
            deleted=bool(customer.get("deleted")),
            address=customer.get("email") or "",
            created_at=_moment(customer.get("created")),
            currency=customer.get("currency") or "",
            card_brand=brand,
            card_last4=last4,
            values=_values(customer),
            tax_numbers=tuple(_tax_number(row) for row in tax_ids),
            invoices=tuple(_invoice(row) for row in books["invoices"] if row.get("status") != "draft"),
            subscriptions=tuple(_subscription(row) for row in books["subscriptions"]),
        )


@dataclass(frozen=True)
class Checkout:
    """What somebody agreed to in a checkout. `ticked` names Stripe's own consent and our custom fields."""

    id: str
    customer: str
    address: str
    language: str
    completed: bool
    at: datetime
    ticked: tuple[str, ...]
    came_from: str

    @classmethod
    def read(cls, session: Data) -> Checkout:
        details = session.get("customer_details") or {}
        return cls(
            id=session["id"],
            customer=_id(session.get("customer")),
            address=details.get("email") or session.get("customer_email") or "",
            language=(session.get("locale") or "").partition("-")[0],
            completed=session.get("status") == "complete",
            at=_moment(session["created"]) or datetime.now(UTC),
            ticked=_ticked(session),
            came_from=session.get("success_url") or session.get("return_url") or "",
        )


YES = {"yes", "ja", "true", "on", "opt_in"}


def _ticked(session: Data) -> tuple[str, ...]:
    promotions = (session.get("consent") or {}).get("promotions") == "opt_in"
    fields = [row for row in session.get("custom_fields") or [] if _answer(row).lower() in YES]
    return (("promotions",) if promotions else ()) + tuple(sorted(str(row.get("key", "")) for row in fields))


def _answer(row: Data) -> str:
    """A dropdown is the only field that can be a yes; free text may say anything."""
    chosen = row.get("dropdown") if row.get("type") == "dropdown" else None
    return str((chosen or {}).get("value") or "")


def _values(customer: Data) -> dict[str, str]:
    """What the person typed at Stripe, by the names that we use."""
    address = customer.get("address") or {}
    fields = {name: address.get(name) for name in ("line1", "line2", "postal_code", "city", "state", "country")}
    named = {
        "name": customer.get("name"),
        "phone": customer.get("phone"),
        "currency": customer.get("currency"),
        **fields,
    }
    return {name: str(value).strip() for name, value in named.items() if value and str(value).strip()}


def _card(customer: Data, methods: Sequence[Data]) -> tuple[str, str]:
    """The card that is charged, or the newest one."""
    chosen = _id((customer.get("invoice_settings") or {}).get("default_payment_method"))
    cards = [row for row in methods if row.get("card")]
    row = next((row for row in cards if row["id"] == chosen), cards[0] if cards else {})
    card = row.get("card") or {}
    return str(card.get("brand") or "")[:20], str(card.get("last4") or "")[-4:]


def _tax_number(row: Data) -> TaxNumber:
    verification = (row.get("verification") or {}).get("status") or ""
    return TaxNumber(row["id"], row.get("type") or "", row.get("value") or "", verification)


def _invoice(row: Data) -> Invoice:
    stages = row.get("status_transitions") or {}
    return Invoice(
        id=row["id"],
        number=row.get("number") or "",
        status=row.get("status") or "",
        currency=row.get("currency") or "",
        total=int(row.get("total") or 0),
        remaining=int(row.get("amount_remaining") or 0),
        issued_at=_moment(stages.get("finalized_at") or row["created"]) or datetime.now(UTC),
        paid_at=_moment(stages.get("paid_at")),
        due_at=_moment(row.get("due_date")),
        url=row.get("hosted_invoice_url") or "",
    )


def _subscription(row: Data) -> Subscription:
    items = (row.get("items") or {}).get("data") or []
    ends = [row.get("current_period_end"), *(item.get("current_period_end") for item in items)]
    return Subscription(
        id=row["id"],
        status=row.get("status") or "",
        started_at=_moment(row.get("start_date") or row["created"]) or datetime.now(UTC),
        period_end=_moment(max((end for end in ends if end), default=None)),
        ended_at=_moment(row.get("ended_at")),
        cancels=bool(row.get("cancel_at_period_end")),
    )


def _moment(seconds: Any) -> datetime | None:
    return datetime.fromtimestamp(int(seconds), UTC) if seconds else None


def _id(value: Any) -> str:
    """An id, whether the object came along with it or not."""
    if isinstance(value, Mapping):
        value = value.get("id")
    return value if isinstance(value, str) else ""
