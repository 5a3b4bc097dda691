"""The answer to a request: the button was pressed, or nobody pressed it in time."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete

from app import letters, outbox
from app.clock import now
from app.consent import ledger
from app.consent.models import Confirmation, ConsentEvent, ConsentEvidence
from app.consent.standing import changed, granted, site_of, states
from app.consent.state import State, fold
from app.contacts import suppression
from app.contacts.models import Contact
from app.contacts.service import lock
from app.extensions import db


def standing(row: Confirmation | None) -> str:
    """What a confirm link is good for: ask, already, void, expired; void when there is no such link."""
    if row is None or row.voided_at:
        return "void"
    if row.used_at:
        return "already" if _still(row) else "void"
    return "ask" if row.expires_at > now() else "expired"


def _still(row: Confirmation) -> bool:
    contact = db.session.get(Contact, row.contact_id)
    asked = {event.purpose for event in requests_of(row)}
    return contact is not None and bool(asked & set(granted(contact)))


def requests_of(row: Confirmation) -> list[ConsentEvent]:
    """The events a confirm link would answer."""
    return [event for id_ in row.requests if (event := ledger.find(id_))]


def confirm(row: Confirmation, facts: dict[str, Any]) -> list[ConsentEvent]:
    """The mailbox owner pressed the button. Lifts the suppression of what she said yes to.

    The caller has seen `standing(row) == "ask"`; under the contact's lock it is looked at once more.
    """
    contact = lock(row.contact_id)
    if contact is None:  # forgotten while we waited, and the link with her
        return []
    db.session.refresh(row)
    if standing(row) != "ask":
        return []
    row.used_at = now()
    events = [_confirmed(contact, request, facts) for request in _still_asked(contact, row)]
    if events:
        refs = {"events": [event.id for event in events]}
        letters.write("receipt_confirmed", contact=contact, site=site_of(row.site_id), lang=row.lang, refs=refs)
        changed(contact)
        if row.submission_id:
            outbox.enqueue("submission.confirmed", row.submission_id)
    return events


def _still_asked(contact: Contact, row: Confirmation) -> list[ConsentEvent]:
    now_states = states(contact)
    return [event for event in requests_of(row) if now_states[event.purpose].request == event.id]


def _confirmed(contact: Contact, request: ConsentEvent, facts: dict[str, Any]) -> ConsentEvent:
    same = {
        name: getattr(request, name)
        for name in ("site", "text_hash", "text_version", "text_lang", "form_hash", "policy_version", "render")
    }
    suppression.lift(contact.address, request.purpose)
    suppression.lift(contact.address, suppression.ALL)
    return ledger.append(
        contact,
        request.purpose,
        "confirmed",
        actor="subject",
        method="confirm_button",
        facts=facts,
        responds_to=request.id,
        **same,
    )


def expire(row: Confirmation) -> None:
    """Nobody confirmed in time: note it, and let the evidence of the asking go."""
    contact = lock(row.contact_id)
    if contact is None:
        return
    db.session.refresh(row)
    if row.used_at:  # confirmed at the last moment
        return
    now_states = fold(ledger.events(contact.subject), row.created_at)
    for request in requests_of(row):
        if now_states.get(request.purpose, State()).request == request.id:
            ledger.append(contact, request.purpose, "expired", actor="system", method="clock", responds_to=request.id)
    db.session.execute(delete(ConsentEvidence).where(ConsentEvidence.event_id.in_(row.requests)))
    if row.submission_id:
        outbox.enqueue("submission.expired", row.submission_id)
    db.session.delete(row)
