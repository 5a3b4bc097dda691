"""Writing receipts, and checking the signature of one."""

from __future__ import annotations

from typing import Any

from cryptography.exceptions import InvalidSignature
from sqlalchemy import select

from app.clock import from_ms, iso, now, to_ms
from app.consent import seals
from app.crypto import Keyring, canonical_json, keyring
from app.extensions import db
from app.privacy.models import PrivacyReceipt, PrivacyRequest
from app.privacy.receipts.statement import make

ISSUE = ("at", "kid", "number")  # what differs between two receipts that say the same


def write(request: PrivacyRequest) -> PrivacyReceipt:
    """A signed statement of how the request stands now. Where the last one says the same, that one is it.

    The caller holds the request and has moved it, so that the statement shows its final state; once more after a
    second stage. Nothing in it is personal data.
    """
    last, said = latest(request), make(request)
    if last and _same(last.statement, said):
        return last
    kid, key = next(iter(keyring().signers(seals.KEY).items()))
    moment = now()
    said |= {"number": last.number + 1 if last else 1, "at": iso(moment), "kid": kid}
    row = PrivacyReceipt(request_id=request.id, number=said["number"], at=from_ms(to_ms(moment)), kid=kid)
    row.statement, row.signature = said, key.sign(canonical_json(said))
    db.session.add(row)
    db.session.flush()
    return row


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return {k: v for k, v in one.items() if k not in ISSUE} == {k: v for k, v in other.items() if k not in ISSUE}


def latest(request: PrivacyRequest) -> PrivacyReceipt | None:
    """The newest receipt of a request; the earlier ones stay."""
    return next(iter(reversed(all_of(request))), None)


def all_of(request: PrivacyRequest) -> list[PrivacyReceipt]:
    mine = select(PrivacyReceipt).where(PrivacyReceipt.request_id == request.id)
    return list(db.session.scalars(mine.order_by(PrivacyReceipt.number)))


def find(word: str) -> PrivacyRequest | None:
    """The request that goes by this word."""
    return db.session.scalar(select(PrivacyRequest).where(PrivacyRequest.word == word))


def signed(ring: Keyring, receipt: PrivacyReceipt) -> bool:
    """Is the signature ours, and over this statement? An unknown key is a no."""
    signer = ring.signers(seals.KEY).get(receipt.kid)
    if signer is None or receipt.statement.get("kid") != receipt.kid:
        return False
    try:
        signer.public_key().verify(receipt.signature, canonical_json(receipt.statement))
    except InvalidSignature:
        return False
    return True
