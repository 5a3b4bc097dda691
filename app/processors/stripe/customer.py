"""A person in Stripe's words. Pure: nothing here calls anybody.

Fields: https://docs.stripe.com/api/customers/object
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.processors.base import Profile

Data = dict[str, Any]
ADDRESS = ("line1", "line2", "postal_code", "city", "state", "country")
LONGEST = {"name": 256, "phone": 20}  # Stripe refuses longer ones, and half a name is nobody's
LOCALES = {"nb": "nb", "nn": "nb", "en": "en"}  # https://docs.stripe.com/invoicing/customize#customer-language
BLANK: Data = {
    "name": "",
    "email": "",
    "phone": "",
    "description": "",
    "address": "",
    "shipping": "",
    "metadata": "",
}


def spellings(profile: Profile) -> list[str]:
    """The address as the person typed it, and as we keep it. Stripe's list tells capitals from small letters."""
    return sorted({profile.address, profile.typed or profile.address, (profile.typed or profile.address).lower()})


def belongs(email: str | None, profile: Profile) -> bool:
    return (email or "").strip().lower() in {spelling.lower() for spelling in spellings(profile)}


def query(address: str) -> str:
    """https://docs.stripe.com/search#search-query-language: quoted, and quotes inside it escaped."""
    escaped = address.replace("\\", "\\\\").replace('"', '\\"')
    return f'email:"{escaped}"'


def wanted(profile: Profile) -> Data:
    """What we would like Stripe to show of her. Blank values are left out: we do not empty what she typed there."""
    address = {name: profile.account[name] for name in ADDRESS if profile.account.get(name)}
    fields = {
        "name": profile.name,
        "phone": profile.phone,
        "address": address,
        "preferred_locales": [LOCALES[profile.language]] if profile.language in LOCALES else [],
    }
    return {name: value for name, value in fields.items() if value and len(value) <= LONGEST.get(name, len(value))}


def missing(profile: Profile, held: Mapping[str, Any]) -> Data:
    """Only what is empty there. Invoices are written from these fields: they are no form's to change."""
    return {name: value for name, value in wanted(profile).items() if not held.get(name)}


def different(profile: Profile, held: Mapping[str, Any]) -> Data:
    """All that is not as she says it is."""
    return {name: value for name, value in wanted(profile).items() if not _same(value, held.get(name))}


def readdressed(profile: Profile, held: Mapping[str, Any], new_address: str) -> Data:
    """The new address where the old one stands, or none."""
    stale = new_address and (not held.get("email") or belongs(held["email"], profile))
    return {"email": new_address} if stale else {}


def _same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, dict):
        return {name: value for name, value in (theirs or {}).items() if value} == ours
    return bool(ours == theirs)


def tax_id(profile: Profile) -> tuple[str, str] | None:
    """Stripe's type and value of the tax number; only one that has been found valid gets this far."""
    kind, value = profile.account.get("tax_type", ""), profile.account.get("tax_id", "")
    return (kind, value) if kind and value else None


def is_gone(held: Mapping[str, Any]) -> bool:
    """Deleted, or redacted beyond recognition."""
    return bool(held.get("deleted")) or (held.get("redaction") or {}).get("status") == "redacted"
