"""A lawful demand: only what is demanded is handed out, it is written down, and the person is told unless forbidden."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from flask_babel import lazy_gettext as _

from app import letters
from app.clock import now
from app.contacts.models import Contact
from app.crypto import sha256_hex
from app.extensions import db
from app.labels import field_label
from app.privacy import own
from app.privacy.archive.names import NAMES
from app.privacy.errors import Unfit
from app.privacy.models import Disclosure
from app.privacy.typed import fit, needed
from app.processors.base import Profile
from app.sites.service import home

SECTIONS = ("consents", "submissions", "letters", "purchases")
TO_STAFF = {"submissions": _("Forms the person has sent"), "letters": _("Letters we have sent the person")}
LONGEST = {"authority": 200, "demand": 300, "secret": 300}  # characters


class Incomplete(ValueError):
    """Who demands, on what ground, or what, has not been said, or is too long. `wrong` is all of it."""

    def __init__(self, wrong: list[Unfit]) -> None:
        super().__init__(", ".join(map(str, wrong)))
        self.wrong = wrong


def choices(contact: Contact) -> list[tuple[str, str]]:
    """What can be handed out of a person, each by its key and, for staff, its name in the current language."""
    return [(key, _named(key, TO_STAFF)) for key in _keys(_held(contact))]


def _keys(told: dict[str, Any]) -> list[str]:
    values = [f"value:{row['field']}" for row in told["values"]]
    return ["address", *values, *(name for name in SECTIONS if told.get(name))]


def _named(key: str, better: Mapping[str, Any]) -> str:
    """A part in words. What the person is told of says `you`, which is `better` said otherwise to staff."""
    return field_label(key[6:]) if key.startswith("value:") else str(better.get(key) or NAMES.get(key, key))


def disclose(
    contact: Contact, fields: Collection[str], *, authority: str, demand: str, secret: str, actor: str
) -> tuple[Disclosure, bytes]:
    """The record of a disclosure, and the file to hand over: the chosen fields and nothing else.

    `demand` names the law and the case. `secret` says why the person must not be told yet; empty, she gets a letter.
    Raises Incomplete. The caller commits before the file leaves.
    """
    told = _held(contact)
    chosen = [key for key in _keys(told) if key in fields]
    said = _complete({"authority": authority, "demand": demand, "secret": secret}, chosen)
    row = Disclosure(actor=actor, subject=contact.subject, fields=chosen, **said)
    shown = {"authority": row.authority, "demand": row.demand, "at": now().isoformat()}
    content = _file(shown | _picked(contact, told, chosen))
    row.digest = sha256_hex(content)
    db.session.add(row)
    db.session.flush()
    if not row.secret:
        tell(row, contact)
    return row, content


def _complete(typed: dict[str, str], chosen: list[str]) -> dict[str, str]:
    """What was typed, whole. Only the ban on telling may be empty."""
    said, wrong = {}, [] if chosen else [Unfit("fields", "missing")]
    for name, most in LONGEST.items():
        try:
            said[name] = (fit if name == "secret" else needed)(name, typed[name], most)
        except Unfit as unfit:
            wrong.append(unfit)
    if wrong:
        raise Incomplete(wrong)
    return said


def tell(row: Disclosure, contact: Contact) -> None:
    """Write to the person what was handed to whom. Twice is once."""
    if row.told_at is None:
        site = home(contact.site_id)
        if site:
            refs = {"disclosure": row.id}
            letters.write("privacy_disclosed", contact=contact, site=site, lang=contact.lang, refs=refs)
            row.told_at = now()


def labels(row: Disclosure) -> list[str]:
    """What was handed over, in words to the person."""
    return [_named(key, {}) for key in row.fields]


def labels_for_staff(row: Disclosure) -> list[str]:
    """The same in words about the person."""
    return [_named(key, TO_STAFF) for key in row.fields]


def _held(contact: Contact) -> dict[str, Any]:
    return own.export(Profile(contact.address, contact.lang, typed=contact.display), contact.lang)


def _picked(contact: Contact, told: dict[str, Any], chosen: Collection[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"address": contact.address} if "address" in chosen else {}
    values = {row["field"]: row["value"] for row in told["values"] if f"value:{row['field']}" in chosen}
    found |= {"values": values} if values else {}
    return found | {name: told[name] for name in SECTIONS if name in chosen}


def _file(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=2, default=str).encode()
