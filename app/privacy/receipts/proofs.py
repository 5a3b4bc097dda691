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
    return {
        "statement": said,
        "kid": receipt.kid,
        "signature": b64(receipt.signature),
        "genuine": signed(keyring(), receipt),
        "keys": url_for("receipts.keys", _external=False),
        "steps": _steps(request, {event["id"] for event in said["events"]}),
    }


def _steps(request: PrivacyRequest, named: set[str]) -> list[dict[str, Any]]:
    """Every event that the receipt names, oldest first."""
    mine = select(PrivacyRecord).where(PrivacyRecord.request == request.word)
    records = {row.event_id: row for row in db.session.scalars(mine)}
    leaves: dict[int, list[bytes]] = {}
    events = [event for event in ledger.events(request.word) if event.id in named]
    return [_step(event, records.get(event.id), leaves) for event in events]


def _step(event: ConsentEvent, record: PrivacyRecord | None, leaves: dict[int, list[bytes]]) -> dict[str, Any]:
    """One event. `leaves` are those of the seals met so far: a request's events mostly share one."""
    sealed = seals.of_event(event.id)
    if sealed and sealed[0].number not in leaves:
        leaves[sealed[0].number] = seals.leaves_of(sealed[0])
    return {
        "event": event.id,
        "salt": record.salt if record else None,
        "facts": record.facts if record else None,
        "proof": proof(event, *sealed, leaves[sealed[0].number]) if sealed else None,
    }
