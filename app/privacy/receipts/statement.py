"""What a receipt says. Version 1:

    type        always `samtykke.privacy-receipt`, so that the signature can be taken for nothing else
    v           1
    request     the request's random word; the subject of its events in the ledger
    kind        access, portability, rectification, erasure, restriction or objection
    state       how it stands: completed, completed_with_retention, closed, denied …
    denial      reason code of a refusal, or empty
    controller  name and organisation number of the company that answers
    received_at, proven_at, due_at, ended_at     RFC 3339 in UTC, or null
    holders     per holder (`own` is the company's own database): its acts in order, and, where something was erased,
                what backups keep: days and last_day, null where the vendor names none, and the source of that
    events      the ledger's events about the request, oldest first: id, type, at (milliseconds), mac, and the salted
                hash of what the event says in full
    seals       number and root of every seal that covered one of them when the receipt was written
    number, at, kid     which receipt of the request this is, when it was written, which key signed it

The signature is Ed25519 (RFC 8032) over the canonical JSON (RFC 8785) of the statement. Nothing here is personal data.
"""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import select

from app.clock import iso, to_ms
from app.consent import ledger, seals
from app.consent.models import ConsentEvent, Seal, SealedEvent
from app.extensions import db
from app.privacy.models import PrivacyRequest, PrivacyTask
from app.privacy.receipts import backups
from app.sites.models import Site

TYPE = "samtykke.privacy-receipt"
VERSION = 1
AFTERWARDS = ("letter", "forget")  # the letter leads to the receipt, so the receipt comes first


def make(request: PrivacyRequest) -> dict[str, Any]:
    """The statement of a request as it stands now, but for number, at and kid."""
    events = ledger.events(request.word)
    return {
        "type": TYPE,
        "v": VERSION,
        "request": request.word,
        "kind": request.kind,
        "state": request.state,
        "denial": request.denial,
        "controller": _controller(request),
        "received_at": iso(request.received_at),
        "proven_at": _moment(request.proven_at),
        "due_at": iso(request.due_at),
        "ended_at": _moment(request.ended_at),
        "holders": _holders(request.tasks),
        "events": [_event(event) for event in events],
        "seals": _seals(events),
    }


def _controller(request: PrivacyRequest) -> dict[str, str]:
    company = db.session.get_one(Site, request.site_id).company
    return {"name": company.name, "org_number": company.org_number}


def _moment(moment: datetime | None) -> str | None:
    return iso(moment) if moment else None


def _holders(tasks: list[PrivacyTask]) -> list[dict[str, Any]]:
    """Our own database first, then the others by name; the acts of each in the order they were done."""
    before = [task for task in tasks if task.act not in AFTERWARDS]
    rows = sorted(before, key=lambda task: (task.holder != "own", task.holder, task.phase, task.id))
    return [_holder(name, list(mine)) for name, mine in groupby(rows, key=lambda task: task.holder)]


def _holder(name: str, tasks: list[PrivacyTask]) -> dict[str, Any]:
    return {"holder": name, "acts": [_act(task) for task in tasks], "backups": backups.after(name, tasks)}


def _act(task: PrivacyTask) -> dict[str, Any]:
    return {
        "act": task.act,
        "state": task.state,
        "found": task.found,
        "left": task.left,
        "law": task.law,
        "until": task.until.isoformat() if task.until else None,
        "done_at": _moment(task.done_at),
        "verified_at": _moment(task.verified_at),
        "check_at": _moment(task.check_at),
    }


def _event(event: ConsentEvent) -> dict[str, Any]:
    at = to_ms(event.at)
    return {"id": event.id, "type": event.type, "at": at, "mac": event.mac, "facts_hash": event.evidence_hash}


def _seals(events: list[ConsentEvent]) -> list[dict[str, Any]]:
    ids = [event.id for event in events]
    covering = select(SealedEvent.seal).where(SealedEvent.event_id.in_(ids))
    rows = db.session.scalars(select(Seal).where(Seal.number.in_(covering)).order_by(Seal.number))
    return [{"number": seal.number, "root": seal.root, "digest": seals.digest(seal)} for seal in rows]
