"""The ledger: events that only grow in number, each under a keyed hash, the person named by a random word."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_bytes
from typing import Any

from sqlalchemy import func, insert, select

from app.clock import now, to_ms
from app.consent.models import ConsentEvent, ConsentEvidence, UnsealedEvent
from app.consent.state import Event
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
DECIDING = ("id", "purpose", "type", "at", "method", "responds_to", "text_hash")


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
    last = _latest([contact.subject])
    event, evidence = _written(Entry(contact.id, contact.subject, purpose, type_, actor, method, facts, more), last)
    db.session.add(event)
    db.session.flush()
    db.session.add(UnsealedEvent(event_id=event.id))
    if evidence:
        db.session.add(evidence)
    db.session.flush()
    return event


def append_about(subject: str, purpose: str, type_: str, *, actor: str, method: str, **more: Any) -> ConsentEvent:
    """Write an event that is about no contact: `subject` is another random word, as of a request.

    Whatever goes by that word holds its own lock, so that its events follow each other. What the event is bound to,
    the caller gives as `evidence_hash`.
    """
    event, _ = _written(Entry(0, subject, purpose, type_, actor, method, None, more), _latest([subject]))
    db.session.add(event)
    db.session.flush()
    db.session.add(UnsealedEvent(event_id=event.id))
    db.session.flush()
    return event


@dataclass(frozen=True, slots=True)
class Entry:
    """One event to be written among many. `facts` and `more` as `append` takes them."""

    contact_id: int
    subject: str
    purpose: str
    type: str
    actor: str
    method: str
    facts: dict[str, Any] | None = None
    more: dict[str, Any] = field(default_factory=dict)


def append_many(entries: Sequence[Entry]) -> None:
    """What `append` does, for many people in a handful of statements. The caller holds the lock of every one of them.

    Somebody may be in it more than once: her events then follow each other in the order given.
    """
    if not entries:
        return
    last = _latest({entry.subject for entry in entries})
    written = [_written(entry, last) for entry in entries]
    events, evidence = [event for event, _ in written], [row for _, row in written if row]
    db.session.execute(insert(ConsentEvent), [_columns(event) for event in events])
    db.session.execute(insert(UnsealedEvent), [{"event_id": event.id} for event in events])
    if evidence:
        db.session.execute(insert(ConsentEvidence), [_columns(row) for row in evidence])


def _columns(row: ConsentEvent | ConsentEvidence) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in row.__table__.columns}


def _latest(subjects: Iterable[str]) -> dict[str, datetime]:
    """When each of these people's last event was; nothing for those who have none."""
    mine = select(ConsentEvent.subject, func.max(ConsentEvent.at)).where(ConsentEvent.subject.in_(subjects))
    return dict(db.session.execute(mine.group_by(ConsentEvent.subject)).all())


def _written(entry: Entry, last: dict[str, datetime]) -> tuple[ConsentEvent, ConsentEvidence | None]:
    """The rows of an entry. `last` learns of it."""
    event = ConsentEvent(id=uuid7(), subject=entry.subject, purpose=entry.purpose, type=entry.type)
    event.actor, event.method = entry.actor, entry.method
    for name in FIELDS[7:16]:
        setattr(event, name, entry.more.get(name, SPARE.get(name, "")))
    event.at = last[entry.subject] = _moment(last.get(entry.subject))
    evidence = _evidence(event, entry.contact_id, entry.facts)
    event.kid, key = keyring().current(KEY)
    event.mac = mac(key, body(event))
    return event, evidence


def _moment(last: datetime | None) -> datetime:
    return max(now(), last + timedelta(milliseconds=1)) if last else now()


def _evidence(event: ConsentEvent, contact_id: int, facts: dict[str, Any] | None) -> ConsentEvidence | None:
    if not facts:
        return None
    salt = b64(token_bytes(32))
    event.evidence_hash = evidence_hash(salt, facts)
    return ConsentEvidence(event_id=event.id, contact_id=contact_id, salt=salt, facts=facts)


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


def events_of(subjects: Collection[str]) -> dict[str, list[Event]]:
    """What decides in the events of many people, by person, oldest first. Rows, and no objects: they are many."""
    found: dict[str, list[Event]] = {subject: [] for subject in subjects}
    mine = select(ConsentEvent.subject, *(getattr(ConsentEvent, name) for name in DECIDING))
    mine = mine.where(ConsentEvent.subject.in_(subjects)).order_by(ConsentEvent.at, ConsentEvent.id)
    for row in db.session.execute(mine):
        found[row.subject].append(row)
    return found


def find(event_id: str) -> ConsentEvent | None:
    return db.session.get(ConsentEvent, event_id)
