"""A profile in Mailchimp's words. Pure: nothing here calls anybody.

Fields: https://mailchimp.com/developer/marketing/api/list-members/
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

from app.processors.base import Consent, Profile

# `UNSUB` itself is Mailchimp's own, and reserved: https://mailchimp.com/help/about-forwarded-campaigns-and-unsubscribes/
LINK = "SAMTYKKE"
UNSUBSCRIBE_FIELD = {
    "tag": LINK,
    "name": "Unsubscribe link",
    "type": "url",
    "public": False,
    "required": False,
    "help_text": f"Filled by Samtykke. Use *|{LINK}|* in campaigns.",
}
# https://mailchimp.com/help/view-and-edit-contact-languages/: Norwegian is one language there.
LANGUAGES = {"nb": "no", "nn": "no"}


def member_id(address: str) -> str:
    """Mailchimp's `subscriber_hash`: the MD5 of the address in lower case."""
    return hashlib.md5(address.lower().encode(), usedforsecurity=False).hexdigest()


def body(profile: Profile, fields: Collection[str]) -> dict[str, Any]:
    """The member without a status. `fields` are the merge tags that this audience can take."""
    return {
        "email_address": profile.address,
        "language": LANGUAGES.get(profile.language, profile.language),
        "merge_fields": merge_fields(profile, fields),
        **_proof(profile.proof),
    }


def usable(fields: Collection[Mapping[str, Any]]) -> set[str]:
    """The tags we may fill. An audience that wants American telephone numbers refuses the whole member over ours."""
    return {f["tag"] for f in fields if f.get("options", {}).get("phone_format") != "US"}


def tag_changes(profile: Profile, held: Collection[str]) -> list[dict[str, str]]:
    """What to tell Mailchimp so that a tag stands for every granted purpose. Tags that staff made are theirs."""
    return [
        {"name": purpose, "status": "active" if consent.granted else "inactive"}
        for purpose, consent in sorted(profile.consents.items())
        if consent.granted is not (purpose in held)
    ]


def last_changed(member: Mapping[str, Any]) -> datetime:
    """When Mailchimp last touched the member: no unsubscribe is later. Unreadable counts as just now, the safe side."""
    try:
        return datetime.fromisoformat(member["last_changed"]).astimezone(UTC)
    except (KeyError, ValueError):
        return datetime.now(UTC)


def merge_fields(profile: Profile, fields: Collection[str]) -> dict[str, str]:
    """Empty values are left out: staff may have filled the field at Mailchimp."""
    values = {
        "FNAME": profile.name,
        "COMPANY": profile.company,
        "PHONE": profile.phone,
        LINK: profile.unsubscribe_url,
    }
    return {tag: value for tag, value in values.items() if value and tag in fields}


def _proof(consent: Consent) -> dict[str, str]:
    """When and from where consent was asked for and confirmed, as Mailchimp stores it."""
    address = _address(consent.ip)
    proof = {
        "ip_signup": address if consent.requested_at else None,
        "timestamp_signup": _timestamp(consent.requested_at),
        "ip_opt": address if consent.since else None,
        "timestamp_opt": _timestamp(consent.since),
    }
    return {name: value for name, value in proof.items() if value}


def _timestamp(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).replace(microsecond=0).isoformat() if moment else None


def _address(text: str | None) -> str | None:
    """The address without its prefix length. One that Mailchimp could not read would cost us the member."""
    try:
        return str(ip_address((text or "").partition("/")[0]))
    except ValueError:
        return None
