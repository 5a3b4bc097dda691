"""What a person gets to see of Stripe's objects: what is about her, and of a card only brand and last four. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Data = dict[str, Any]

# Keys to somebody's money, marks of the fraud detection, and what says nothing of a person.
LEFT_OUT = {
    "client_secret",
    "fingerprint",
    "outcome",
    "fraud_details",
    "radar_options",
    "payment_method_options",
    "automatic_payment_methods",
    "payment_settings",
    "confirmation_secret",
    "last_finalization_error",
    "webhooks_delivered_at",
    "livemode",
    "url",
    "has_more",
}
MEANS = {"card", "sepa_debit", "us_bank_account", "bank_account", "link", "paypal", "klarna", "vipps", "card_present"}
SHOWN = ("brand", "last4", "bank_name")


def plain(value: Any) -> Any:
    """The same without secrets and without empty places; a list of Stripe's as its rows."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    if value.get("object") == "list":
        return plain(value.get("data") or [])
    if value.get("object") in MEANS:
        return {"id": value.get("id"), **_means(value)}
    shown = {name: _means(part) if name in MEANS else plain(part) for name, part in value.items() if _wanted(name)}
    return {name: part for name, part in shown.items() if part not in (None, {}, [])}


def _wanted(name: str) -> bool:
    return name not in LEFT_OUT


def _means(value: Any) -> Any:
    """A means of payment: what is printed on a receipt and no more."""
    if not isinstance(value, Mapping):
        return value
    return {name: value[name] for name in SHOWN if value.get(name)}
