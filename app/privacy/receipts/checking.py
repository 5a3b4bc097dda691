"""Reads every request's steps and receipts and says how many there are, or names the first that is wrong."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from app.consent import ledger
from app.consent.models import ConsentEvent
from app.crypto import Keyring, keyring
from app.extensions import db
from app.privacy import proof
from app.privacy.models import PrivacyReceipt, PrivacyRecord, PrivacyRequest, PrivacyTask
from app.privacy.receipts.service import all_of, signed

TASK_FACTS = ("act", "holder", "state", "law", "found", "left")


class Broken(Exception):
    """Something is not as it was written. The message names the first bad place by number and word."""


@dataclass(frozen=True)
class Report:
    """How much was found in order."""

    requests: int
    steps: int
    tasks: int
    receipts: int


def verify_all() -> Report:
    """Check every request: its events and what they say in full, its tasks against their last event, its receipts.

    Raises `Broken` at the first that does not fit. The seals over the events are for `flask ledger verify`.
    """
    ring, total = keyring(), Report(0, 0, 0, 0)
    everyone = select(PrivacyRequest).order_by(PrivacyRequest.id)
    for request in db.session.scalars(everyone.execution_options(yield_per=200)):
        found = _request(ring, request)
        total = Report(*(getattr(total, name) + getattr(found, name) for name in Report.__dataclass_fields__))
    _no_others(total.steps)
    return total


def _request(ring: Keyring, request: PrivacyRequest) -> Report:
    facts = _steps(ring, request)
    _standing(request, facts)
    for task in request.tasks:
        _task(request, task, [said for task_id, said in facts if task_id == task.id])
    receipts = all_of(request)
    for number, receipt in enumerate(receipts, 1):
        _receipt(ring, request, receipt, number)
    return Report(1, len(facts), len(request.tasks), len(receipts))


def _steps(ring: Keyring, request: PrivacyRequest) -> list[tuple[int | None, dict[str, Any]]]:
    """What each event of the request says in full, oldest first."""
    records = {row.event_id: row for row in db.session.scalars(_records(request))}
    events = ledger.events(request.word)
    for event in events:
        _event(ring, event, records.get(event.id))
    if extra := sorted(records.keys() - {event.id for event in events}):
        raise Broken(f"the step {extra[0]} of request {request.id} has no event in the ledger")
    return [(records[event.id].task_id, records[event.id].facts) for event in events]


def _records(request: PrivacyRequest) -> Any:
    return select(PrivacyRecord).where(PrivacyRecord.request == request.word)


def _event(ring: Keyring, event: ConsentEvent, record: PrivacyRecord | None) -> None:
    if not ledger.genuine(ring, event):
        raise Broken(f"the event {event.id} has been changed")
    if record is None:
        raise Broken(f"what the event {event.id} says in full has been removed")
    if not hmac.compare_digest(ledger.evidence_hash(record.salt, record.facts), event.evidence_hash):
        raise Broken(f"what the event {event.id} says in full has been changed")


def _standing(request: PrivacyRequest, facts: list[tuple[int | None, dict[str, Any]]]) -> None:
    said = [known["state"] for task_id, known in facts if task_id is None and "state" in known]
    if said and said[-1] != request.state:
        raise Broken(f"request {request.id} stands at {request.state}, and its last event says {said[-1]}")


def _task(request: PrivacyRequest, task: PrivacyTask, said: list[dict[str, Any]]) -> None:
    if not said:
        if task.state != "planned":
            raise Broken(f"task {task.id} of request {request.id} stands at {task.state} without an event")
        return
    until = task.until.isoformat() if task.until else None
    now = {name: getattr(task, name) for name in TASK_FACTS} | {"until": until}
    for name, value in now.items():
        if said[-1].get(name) != value:
            raise Broken(f"{name} of task {task.id} of request {request.id} is not what its last event says")


def _receipt(ring: Keyring, request: PrivacyRequest, receipt: PrivacyReceipt, number: int) -> None:
    name = f"receipt {receipt.number} of request {request.id}"
    if not signed(ring, receipt):
        raise Broken(f"the signature of {name} is wrong")
    if receipt.number != number or receipt.statement["number"] != number:
        raise Broken(f"receipt {number} of request {request.id} is missing")
    if receipt.statement["request"] != request.word:
        raise Broken(f"{name} is about another request")
    for said in receipt.statement["events"]:
        event = ledger.find(said["id"])
        if event is None or event.mac != said["mac"]:
            raise Broken(f"{name} names the event {said['id']}, which is not there as it was")


def _no_others(known: int) -> None:
    """Steps that no request leads to: somebody has removed the request."""
    records = db.session.scalar(select(func.count()).select_from(PrivacyRecord)) or 0
    events = select(func.count()).select_from(ConsentEvent).where(ConsentEvent.purpose.startswith(proof.PREFIX))
    for count, what in ((records, "steps"), (db.session.scalar(events) or 0, "events")):
        if count != known:
            raise Broken(f"{count} {what} are written, and the requests there are account for {known}")
