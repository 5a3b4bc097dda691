"""A lawful demand: only what is demanded is handed out, it is written down, and the person is told unless forbidden."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from app import letters
from app.clock import now
from app.contacts.models import Contact
from app.crypto import sha256_hex
from app.extensions import db
from app.labels import field_label
from app.privacy import own
from app.privacy.archive.names import NAMES
from app.privacy.models import Disclosure
from app.processors.base import Profile
from app.sites.service import home

SECTIONS = ("consents", "submissions", "letters", "purchases")


class Incomplete(ValueError):
    """Who demands, on what ground, or what, has not been said. `missing` names the field."""

    def __init__(self, missing: str) -> None:
        super().__init__(missing)
        self.missing = missing


def choices(contact: Contact) -> list[tuple[str, str]]:
    """What can be handed out of a person, each by its key and its name in the current language."""
    return _choices(_held(contact))


def _choices(told: dict[str, Any]) -> list[tuple[str, str]]:
    values = [(f"value:{row['field']}", str(row["label"])) for row in told["values"]]
    sections = [(name, str(NAMES[name])) for name in SECTIONS if told.get(name)]
    return [("address", str(NAMES["address"])), *values, *sections]


def disclose(
    contact: Contact, fields: Collection[str], *, authority: str, demand: str, secret: str, actor: str
) -> tuple[Disclosure, bytes]:
    """The record of a disclosure, and the file to hand over: the chosen fields and nothing else.

    `demand` names the law and the case. `secret` says why the person must not be told yet; empty, she gets a letter.
    Raises Incomplete. The caller commits before the file leaves.
    """
    said = {"authority": authority.strip(), "demand": demand.strip()}
    told = _held(contact)
    chosen = [key for key, _label in _choices(told) if key in fields]
    for name, value in (said | {"fields": chosen}).items():
        if not value:
            raise Incomplete(name)
    content = _file(said | {"at": now().isoformat()} | _picked(contact, told, chosen))
    row = Disclosure(actor=actor, authority=said["authority"][:200], demand=said["demand"][:300], fields=chosen)
    row.subject, row.digest, row.secret = contact.subject, sha256_hex(content), secret.strip()[:300]
    db.session.add(row)
    db.session.flush()
    if not row.secret:
        tell(row, contact)
    return row, content


def tell(row: Disclosure, contact: Contact) -> None:
    """Write to the person what was handed to whom. Twice is once."""
    if row.told_at is None:
        site = home(contact.site_id)
        if site:
            refs = {"disclosure": row.id}
            letters.write("privacy_disclosed", contact=contact, site=site, lang=contact.lang, refs=refs)
            row.told_at = now()


def labels(row: Disclosure) -> list[str]:
    """What was handed over, in words."""
    return [field_label(key[6:]) if key.startswith("value:") else str(NAMES.get(key, key)) for key in row.fields]


def _held(contact: Contact) -> dict[str, Any]:
    return own.export(Profile(contact.address, contact.lang, typed=contact.display), contact.lang)


def _picked(contact: Contact, told: dict[str, Any], chosen: Collection[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"address": contact.address} if "address" in chosen else {}
    values = {row["field"]: row["value"] for row in told["values"] if f"value:{row['field']}" in chosen}
    found |= {"values": values} if values else {}
    return found | {name: told[name] for name in SECTIONS if name in chosen}


def _file(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=2, default=str).encode()
