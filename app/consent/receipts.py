"""Receipts: anyone who holds one can see that the record is unaltered and what counts now. They name nobody."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, abort, jsonify, make_response, redirect, request

from app.clock import iso, now, to_ms
from app.consent import ledger, merkle, seals, texts
from app.consent.models import ConsentEvent, Seal
from app.consent.pages import page, private
from app.consent.state import State, fold
from app.crypto import keyring
from app.encoding import b64
from app.errors import wants_json
from app.i18n import current_language
from app.sites.service import home

bp = Blueprint("receipts", __name__)

REQUESTS = "privacy:"  # purposes of events that are a request's steps: the request's own receipt tells of them


@bp.get("/receipt/<event_id>")
def show(event_id: str) -> Response:
    event = ledger.find(event_id.removesuffix(".json"))
    if event is None:
        abort(404)
    if event.purpose.startswith(REQUESTS):
        form = ".json" if event_id.endswith(".json") else ""
        return private(make_response(redirect(f"/privacy/receipt/{event.subject}{form}")))
    sealed = seals.of_event(event.id)
    found = proof(event, *sealed) if sealed else None
    if wants_json() or request.path.endswith(".json"):
        return private(jsonify(_public(event, found)))
    return page("public/receipt.html", site=home(event.site), receipt=_for_people(event, sealed, found))


@bp.get("/.well-known/samtykke-keys.json")
def keys() -> Response:
    """The public keys that every seal was signed with (Ed25519, raw, base64url)."""
    found = [{"kid": kid, "kty": "OKP", "crv": "Ed25519", "x": x} for kid, x in seals.public_keys(keyring()).items()]
    response = jsonify({"keys": found})
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def proof(event: ConsentEvent, seal: Seal, position: int, leaves: list[bytes] | None = None) -> dict[str, Any]:
    """The short way from one event to a signature: leaf, neighbours, seal. `leaves` where they have been read."""
    leaves = leaves or seals.leaves_of(seal)
    path = merkle.proof(leaves, position) if position < len(leaves) else []
    return {
        "record": json.loads(ledger.body(event)),
        "mac": event.mac,
        "leaf": merkle.leaf_hash(ledger.leaf(ledger.body(event), event.mac)).hex(),
        "path": [{side: neighbour.hex()} for side, neighbour in path],
        "seal": seals.statement(seal),
        "signature": b64(seal.signature),
    }


def unaltered(event: ConsentEvent, found: dict[str, Any] | None, seal: Seal | None) -> bool | None:
    """Are the event and the words it is about as they were written, and does the seal agree? None while it has none."""
    if not (ledger.genuine(keyring(), event) and texts.genuine(event.text_hash)):
        return False
    if found is None or seal is None:
        return None
    path = [(side, bytes.fromhex(value)) for step in found["path"] for side, value in step.items()]
    return merkle.climb(bytes.fromhex(found["leaf"]), path).hex() == seal.root and seals.signed(keyring(), seal)


def _states(event: ConsentEvent) -> State:
    return fold(ledger.events(event.subject), now()).get(event.purpose, State())


def _later(event: ConsentEvent) -> list[ConsentEvent]:
    same = (one for one in ledger.events(event.subject) if one.purpose == event.purpose)
    return [one for one in same if (one.at, one.id) > (event.at, event.id)]


def _for_people(event: ConsentEvent, sealed: tuple[Seal, int] | None, found: dict[str, Any] | None) -> dict[str, Any]:
    text = texts.by_hash(event.text_hash)
    return {
        "event": event.id,
        "kind": event.type,
        "purpose": texts.label(event.purpose, current_language()),
        "text": text.text if text else "",
        "text_lang": event.text_lang,
        "at": event.at,
        "method": event.method,
        "hash": event.mac,
        "unaltered": unaltered(event, found, sealed[0] if sealed else None),
        "sealed_at": sealed[0].at if sealed else None,
        "current": _states(event).state,
        "later": [{"kind": e.type, "at": e.at, "url": f"/receipt/{e.id}"} for e in _later(event)],
        "proof": json.dumps(found, indent=2) if found else None,
    }


def _public(event: ConsentEvent, found: dict[str, Any] | None) -> dict[str, Any]:
    sealed = seals.of_event(event.id)
    return {
        "event": event.id,
        "type": event.type,
        "purpose": event.purpose,
        "at": iso(event.at),
        "at_ms": to_ms(event.at),
        "method": event.method,
        "hash": event.mac,
        "text_hash": event.text_hash,
        "unaltered": unaltered(event, found, sealed[0] if sealed else None),
        "state_now": _states(event).state,
        "proof": found,
    }
