"""Seals: the worker signs events in batches, so that anyone with the public key can check one, and no writer waits."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import delete, select

from app.clock import now, to_ms
from app.consent import ledger, merkle
from app.consent.models import ConsentEvent, Seal, SealedEvent, UnsealedEvent
from app.crypto import Keyring, canonical_json, keyring
from app.encoding import b64
from app.extensions import db

KEY = "seal"
BATCH = 1024
START = "0" * 64


def seal_waiting() -> int:
    """Seal up to one batch of waiting events; returns how many.

    Two sealers at once: the second one meets the first one's number and fails with IntegrityError.
    """
    events = _waiting()
    if not events:
        return 0
    last = db.session.scalar(select(Seal).order_by(Seal.number.desc()).limit(1))
    seal = _make(events, last)
    db.session.add(seal)
    db.session.flush()
    ids = [event.id for event in events]
    db.session.add_all(SealedEvent(seal=seal.number, position=i, event_id=id_) for i, id_ in enumerate(ids))
    db.session.execute(delete(UnsealedEvent).where(UnsealedEvent.event_id.in_(ids)))
    return len(events)


def _waiting() -> list[ConsentEvent]:
    """The oldest first: read from the work list, for in order of the events every event there is would be looked at."""
    waiting = select(ConsentEvent).join(UnsealedEvent, UnsealedEvent.event_id == ConsentEvent.id)
    return list(db.session.scalars(waiting.order_by(UnsealedEvent.event_id).limit(BATCH)))


def _make(events: list[ConsentEvent], last: Seal | None) -> Seal:
    kid, key = next(iter(keyring().signers(KEY).items()))
    leaves = [merkle.leaf_hash(ledger.leaf(ledger.body(event), event.mac)) for event in events]
    seal = Seal(
        number=last.number + 1 if last else 1, count=len(events), root=merkle.root(leaves).hex(), at=now(), kid=kid
    )
    seal.previous = digest(last) if last else START
    seal.signature = key.sign(body(seal))
    return seal


def statement(seal: Seal) -> dict[str, Any]:
    """What the signature covers."""
    return {
        "at": to_ms(seal.at),
        "count": seal.count,
        "kid": seal.kid,
        "number": seal.number,
        "previous": seal.previous,
        "root": seal.root,
        "v": 1,
    }


def body(seal: Seal) -> bytes:
    return canonical_json(statement(seal))


def digest(seal: Seal) -> str:
    """What the next seal binds: this one's statement and signature."""
    return sha256(body(seal) + seal.signature).hexdigest()


def signed(ring: Keyring, seal: Seal) -> bool:
    """Is the signature ours? An unknown key is a no."""
    signer = ring.signers(KEY).get(seal.kid)
    if signer is None:
        return False
    try:
        signer.public_key().verify(seal.signature, body(seal))
    except InvalidSignature:
        return False
    return True


def public_keys(ring: Keyring) -> dict[str, str]:
    """Key id to raw Ed25519 public key, base64url: what the world needs to check a receipt."""
    return {
        kid: b64(signer.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
        for kid, signer in ring.signers(KEY).items()
    }


def of_event(event_id: str) -> tuple[Seal, int] | None:
    """The seal that covers an event, and the event's place in it."""
    row = db.session.scalar(select(SealedEvent).where(SealedEvent.event_id == event_id))
    seal = db.session.get(Seal, row.seal) if row else None
    return (seal, row.position) if row and seal else None


def leaves_of(seal: Seal) -> list[bytes]:
    """Leaf hashes of a seal's batch, in order."""
    sealed = (
        select(ConsentEvent)
        .join(SealedEvent, SealedEvent.event_id == ConsentEvent.id)
        .where(SealedEvent.seal == seal.number)
    )
    rows = db.session.scalars(sealed.order_by(SealedEvent.position))
    return [merkle.leaf_hash(ledger.leaf(ledger.body(event), event.mac)) for event in rows]
