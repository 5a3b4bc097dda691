"""The ledger: events that only grow in number, each under a keyed hash, the person named by a random word."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from secrets import token_bytes
from typing import Any

from sqlalchemy import select

from app.clock import now, to_ms
from app.consent.models import ConsentEvent, ConsentEvidence, UnsealedEvent
from app.contacts.models import Contact
from app.crypto import Keyring, canonical_json, keyring, sha256_hex, uuid7
from app.encoding import b64
from app.extensions import db

KEY = "ledger"
SCHEMA = 1
FIELDS = (
    "id",
    "subject",
    "purpose",
    "type",
    "at",
    "actor",
    "method",
    "site",
    "text_hash",
    "text_version",
    "text_lang",
    "form_hash",
    "policy_version",
    "render",
    "responds_to",
    "evidence_hash",
    "kid",
)
SPARE = {"text_version": 0}


def append(
    contact: Contact,
    purpose: str,
    type_: str,
    *,
    actor: str,
    method: str,
    facts: dict[str, Any] | None = None,
    **more: Any,
) -> ConsentEvent:
    """Write one event, its evidence and its place in the sealer's list.

    The caller holds the contact's lock: an event is always later than the person's last one, whatever the clocks
    of several machines say. `facts` is personal evidence; only its salted hash goes into the event.
    """
    event = ConsentEvent(id=uuid7(), subject=contact.subject, purpose=purpose, type=type_, actor=actor, method=method)
    for field in FIELDS[7:16]:
        setattr(event, field, more.get(field, SPARE.get(field, "")))
    event.at = _moment(contact.subject)
    evidence = _evidence(event, contact, facts)
    event.kid, key = keyring().current(KEY)
    event.mac = mac(key, body(event))
    db.session.add(event)
    db.session.flush()
    db.session.add(UnsealedEvent(event_id=event.id))
    if evidence:
        db.session.add(evidence)
    db.session.flush()
    return event


def _moment(subject: str) -> datetime:
    last = db.session.scalar(
        select(ConsentEvent.at).where(ConsentEvent.subject == subject).order_by(ConsentEvent.at.desc()).limit(1)
    )
    return max(now(), last + timedelta(milliseconds=1)) if last else now()


def _evidence(event: ConsentEvent, contact: Contact, facts: dict[str, Any] | None) -> ConsentEvidence | None:
    if not facts:
        return None
    salt = b64(token_bytes(32))
    event.evidence_hash = evidence_hash(salt, facts)
    return ConsentEvidence(event_id=event.id, contact_id=contact.id, salt=salt, facts=facts)


def evidence_hash(salt: str, facts: dict[str, Any]) -> str:
    """Binds the erasable evidence to its event; without the salt nobody can guess what it was."""
    return sha256_hex(salt.encode() + canonical_json(facts))


def body(event: ConsentEvent) -> bytes:
    """What the keyed hash covers: every field of the event but the hash itself, as canonical JSON."""
    return body_of([to_ms(event.at) if name == "at" else getattr(event, name) for name in FIELDS])


def body_of(values: list[Any]) -> bytes:
    """The same from plain column values in the order of FIELDS, time in milliseconds."""
    record = dict(zip(FIELDS, values, strict=True))
    record["v"] = SCHEMA
    return canonical_json(record)


def mac(key: bytes, content: bytes) -> str:
    return hmac.digest(key, content, "sha256").hex()


def leaf(content: bytes, mac_hex: str) -> bytes:
    """What a seal's tree holds for an event: its body and its keyed hash."""
    return content + bytes.fromhex(mac_hex)


def genuine(ring: Keyring, event: ConsentEvent) -> bool:
    """Was this event written by us, and is it as we wrote it?"""
    key = ring.kids(KEY).get(event.kid)
    return key is not None and hmac.compare_digest(mac(key, body(event)), event.mac)


def events(subject: str) -> list[ConsentEvent]:
    """All events of one person, oldest first."""
    mine = select(ConsentEvent).where(ConsentEvent.subject == subject)
    return list(db.session.scalars(mine.order_by(ConsentEvent.at, ConsentEvent.id)))


def find(event_id: str) -> ConsentEvent | None:
    return db.session.get(ConsentEvent, event_id)
