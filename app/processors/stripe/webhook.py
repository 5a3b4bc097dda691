"""What Stripe posts to us. Pure functions of what arrived.

Webhooks: https://docs.stripe.com/webhooks. They come late, twice and in any order; so only ids are taken from them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TOLERANCE = 300  # seconds, either way: a signature from the future would stay good for ever
LONGEST_ID = 70
OBJECT = re.compile(rf"(cus|cs)_\w{{1,{LONGEST_ID}}}", re.ASCII)
EVENT = re.compile(r"evt_\w{1,200}", re.ASCII)

# What may change anything that we keep. The rest is answered and forgotten.
ABOUT = (
    "customer.",
    "invoice.",
    "checkout.session.",
    "credit_note.",
    "payment_method.",
    "charge.refunded",
    "charge.dispute.",
)


@dataclass(frozen=True)
class Event:
    """`id` tells a repeat from news; `refs` are the customer and checkout session that it is about."""

    id: str
    type: str
    refs: tuple[str, ...]


def verify(secret: str, header: str, raw_body: bytes, now: float) -> bool:
    """Is this body signed by whoever knows a secret, within five minutes of `now` (Unix seconds), before or after?

    The header is `Stripe-Signature: t=<unix>,v1=<hex>[,v1=<hex>]`, an HMAC-SHA256 over `{t}.{raw body}`. While a secret
    is being rolled there are two of them: `secret` may hold several, apart by white space.
    """
    parts = [part.strip().partition("=") for part in header.split(",")]
    at = next((value for name, _, value in parts if name == "t"), "")
    if not (at.isascii() and at.isdecimal() and len(at) < 16) or abs(now - int(at)) > TOLERANCE:
        return False
    signed = at.encode() + b"." + raw_body
    expected = [hmac.new(word.encode(), signed, hashlib.sha256).hexdigest().encode() for word in secret.split()]
    given = [value.encode() for name, _, value in parts if name == "v1"]
    return any(hmac.compare_digest(one, other) for one in expected for other in given)


def parse(raw_body: bytes) -> Event | None:
    """The news in one event; None where it concerns nobody. Raises `ValueError`, without data, where it is no event."""
    try:
        told = json.loads(raw_body)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    return parsed(told)


def parsed(told: Any) -> Event | None:
    """The same for an event that has been read already."""
    id, kind = _text(told, "id"), _text(told, "type")
    if _text(told, "object") != "event" or not EVENT.fullmatch(id):
        raise ValueError("not an event")
    if not kind.startswith(ABOUT):
        return None
    data = told.get("data")
    refs = _refs(data.get("object"), data.get("previous_attributes")) if isinstance(data, dict) else ()
    return Event(id, kind, refs) if refs else None


def _refs(subject: Any, before: Any) -> tuple[str, ...]:
    """A customer is named by every object but itself; a session is of interest for what was ticked in it.

    A card that was taken away names the customer only in what it was `before`.
    """
    if not isinstance(subject, dict):
        return ()
    kind = subject.get("object")
    named = subject.get("customer") or (before.get("customer") if isinstance(before, dict) else None)
    customer = subject.get("id") if kind == "customer" else named.get("id") if isinstance(named, dict) else named
    session = subject.get("id") if kind == "checkout.session" else None
    return tuple(ref for ref in (customer, session) if isinstance(ref, str) and OBJECT.fullmatch(ref))


def _text(told: Any, name: str) -> str:
    value = told.get(name) if isinstance(told, Mapping) else None
    return value if isinstance(value, str) else ""
