"""What Mailchimp posts to us. Pure functions of what arrived.

Webhooks: https://mailchimp.com/developer/marketing/guides/sync-audience-data-webhooks/
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime

from app.processors.base import Notice

TOLERANCE = 300  # seconds, either way
KINDS = {
    "subscribe": "subscribed",
    "unsubscribe": "unsubscribed",
    "profile": "profile",
    "cleaned": "cleaned",
    "upemail": "address_changed",
}


def verify(secret: str, headers: Mapping[str, str], raw_body: bytes, now: float) -> bool:
    """Is this body signed by whoever knows the secret, within five minutes of `now` (Unix seconds)?

    The header is `X-Mailchimp-Signature: t=<unix>,v1=<hex>`, an HMAC-SHA256 over `{t}.{raw body}`. Verify the bytes as
    they came, before they are read as a form. Hooks made before Mailchimp signed carry no header, and are not verified.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    parts = [part.strip().partition("=") for part in lowered.get("x-mailchimp-signature", "").split(",")]
    at = next((value for name, _, value in parts if name == "t"), "")
    if not (secret and at.isascii() and at.isdecimal() and len(at) < 16) or abs(now - int(at)) > TOLERANCE:
        return False
    expected = hmac.new(secret.encode(), at.encode() + b"." + raw_body, hashlib.sha256).hexdigest().encode()
    return any(hmac.compare_digest(expected, value.encode()) for name, _, value in parts if name == "v1")


def parse(form: Mapping[str, str], audience: str = "") -> Notice | None:
    """The news in one webhook, or None where it concerns nobody: campaigns, unknown types, another audience.

    An unsubscription is one whether the person left (`data[action]` `unsub`) or staff removed them (`delete`): either
    way they are off. Who acted is not told, so leave the hook's source `api` off. Raises `ValueError`, without personal
    data, where the type is known but the rest cannot be read.
    """
    kind = KINDS.get(form.get("type", ""))
    if kind is None or (audience and form.get("data[list_id]", audience) != audience):
        return None
    moved = kind == "address_changed"
    address = form.get("data[old_email]" if moved else "data[email]", "").strip()
    new_address = form.get("data[new_email]", "").strip() if moved else ""
    if not address or (moved and not new_address):
        raise ValueError(f"a {form['type']} webhook without an address")
    return Notice(kind, address, _fired_at(form), _key(form), new_address)


def _fired_at(form: Mapping[str, str]) -> datetime:
    """Mailchimp writes UTC without saying so."""
    try:
        return datetime.strptime(form.get("fired_at", ""), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(f"a {form['type']} webhook without a readable time") from None


def _key(form: Mapping[str, str]) -> str:
    """Type, member and time, hashed: a repeated delivery has the same. `cleaned` and `upemail` carry no `data[id]`."""
    member = form.get("data[id]") or form.get("data[new_id]") or form.get("data[email]", "").lower()
    told = "\n".join([form["type"], member, form.get("fired_at", "")])
    return hashlib.sha256(told.encode()).hexdigest()
