"""A receipt for programs: the signed statement, every step in full, and each step's way to a signed seal."""

from __future__ import annotations

from typing import Any

from flask import url_for
from sqlalchemy import select

from app.consent import ledger, seals
from app.consent.models import ConsentEvent
from app.consent.receipts import proof
from app.crypto import keyring
from app.encoding import b64
from app.extensions import db
from app.privacy.models import PrivacyReceipt, PrivacyRecord, PrivacyRequest
from app.privacy.receipts.service import signed


def public(request: PrivacyRequest, receipt: PrivacyReceipt) -> dict[str, Any]:
    """What anyone may have.

    `signature` is Ed25519 over the canonical JSON of `statement`, base64url, by the key `kid` of `keys`. Of each event
    of the statement `steps` holds the full facts with their salt (SHA-256 over salt and canonical JSON is the event's
    `facts_hash`) and, once a seal covers it, `proof`: its record, leaf, the path to the root, and the signed seal.
    """
    said = receipt.statement
    named = [event["id"] for event in said["events"]]
    return {
        "statement": said,
        "kid": receipt.kid,
        "signature": b64(receipt.signature),
        "genuine": signed(keyring(), receipt),
        "keys": url_for("receipts.keys", _external=False),
        "steps": [_step(event) for event in ledger.events(request.word) if event.id in named],
    }


def _step(event: ConsentEvent) -> dict[str, Any]:
    record = db.session.scalar(select(PrivacyRecord).where(PrivacyRecord.event_id == event.id))
    sealed = seals.of_event(event.id)
    return {
        "event": event.id,
        "salt": record.salt if record else None,
        "facts": record.facts if record else None,
        "proof": proof(event, *sealed) if sealed else None,
    }
