"""What stands on a person's own page: her requests, and what our own tables hold about her now. Reads only."""

from __future__ import annotations

from typing import Any

from flask import current_app
from flask_babel import format_currency
from flask_babel import gettext as _
from sqlalchemy import select

from app import contacts
from app.billing import sheet as billing
from app.billing.labels import sale_label
from app.consent import service as consent
from app.consent import texts
from app.consent.state import State
from app.contacts import suppression
from app.contacts.models import Contact, ContactValue
from app.contacts.readdressing import EMAIL
from app.contacts.service import ADDRESS, FIELDS
from app.extensions import db
from app.labels import field_label
from app.privacy import hers, identity, progress, receipts, standing, whose, words
from app.privacy.identity import Identity
from app.privacy.models import OPEN, PrivacyLink, PrivacyRequest
from app.privacy.own.sources import source_label
from app.processors import REGISTRY
from app.submissions.catalogue import worded
from app.submissions.hers import hers as sent_by
from app.submissions.letters import answers
from app.submissions.models import FormVersion, Submission
from app.sync.models import ProcessorState

MOST = 50  # of each kind; the archive of an access request has them all
USUAL = ("name", "company", "phone")  # offered for correction even where nothing is held
Item = dict[str, Any]


def sheet(link: PrivacyLink) -> Item:
    """Everything the page shows to whoever holds the link, in the link's language."""
    known = identity.reveal(link.sealed)
    if known is None:
        raise LookupError("whom the link is about has been dropped")
    contact, lang = contacts.find(known.address), link.lang
    sent = _submissions(contact, known.address, lang)
    return {
        "address": known.typed or known.address,
        "requests": [_request(row) for row in whose.hers(known.address, link.request_id, MOST)],
        "nothing": contact is None and not sent,
        "erased": contact is None and "erased" in suppression.reasons(known.address),
        "restricted": contact.restricted_at if contact else None,
        "liftable": hers.liftable(contact) is not None,
        "held": [_value(value, lang) for value in _values(contact)],
        "mendable": [_mailbox(known), *_mendable(contact)],
        "submissions": sent,
        "consents": _consents(contact, lang),
        "invoices": _invoices(contact),
        "places": _places(contact),
        "others": _others(contact),
        "grounds": words.GROUNDS,
    }


def _request(row: PrivacyRequest) -> Item:
    open_ = row.state in OPEN
    return {
        "kind": words.kind(row.kind),
        "state": words.state(row.state, row.kind),
        "open": open_,
        "received": words.day(row.received_at),
        "due": words.day(row.due_at) if open_ and not standing.answered(row) else "",
        "lines": [{"holder": words.holder(line.holder), "text": line.text} for line in progress.lines(row)],
        "receipt": f"/privacy/receipt/{row.word}" if receipts.latest(row) else None,
    }


def _values(contact: Contact | None) -> list[ContactValue]:
    held = {value.field: value for value in contact.values if value.value} if contact else {}
    return [held[name] for name in (EMAIL, *FIELDS) if name in held]


def _value(row: ContactValue, lang: str) -> Item:
    """What she told, and where it came from (GDPR article 15 (1) (g))."""
    source = source_label(row.source, lang)
    return {"label": field_label(row.field), "value": row.value, "source": source, "at": words.day(row.at)}


def _mailbox(known: Identity) -> Item:
    text = _("Nothing is changed before you have pressed the button in an e-mail to the new address.")
    return {
        "name": EMAIL,
        "kind": EMAIL,
        "label": field_label(EMAIL),
        "value": known.typed or known.address,
        "help": text,
    }


def _mendable(contact: Contact | None) -> list[Item]:
    """Fields that can be corrected, with what stands there."""
    held = {row.field: row.value for row in _values(contact)}
    names = [name for name in FIELDS if name in USUAL or name in held or (name in ADDRESS and _has_address(held))]
    found = [{"name": name, "label": field_label(name), "value": held.get(name, "")} for name in names]
    return [{**item, "kind": "text", "help": ""} for item in found]


def _has_address(held: dict[str, str]) -> bool:
    return not held.keys().isdisjoint(ADDRESS)


def _submissions(contact: Contact | None, address: str, lang: str) -> list[Item]:
    """What she sent, also what was put away as spam. Newest first."""
    mine = Submission.id.in_(sent_by(address, contact.id if contact else None))
    rows = select(Submission, FormVersion).join(FormVersion, FormVersion.id == Submission.version_id).where(mine)
    return [_submission(*row, lang) for row in db.session.execute(rows.order_by(Submission.id.desc()).limit(MOST))]


def _submission(row: Submission, version: FormVersion, lang: str) -> Item:
    said = [answer for answer in answers(row, version, lang) if answer["value"]]
    return {"title": worded(version.definition["title"], lang), "at": row.received_at, "answers": said}


def _consents(contact: Contact | None, lang: str) -> list[Item]:
    held = consent.states(contact) if contact else {}
    return [_consent(slug, held[slug], lang) for slug in sorted(held) if held[slug].state != "none"]


def _consent(slug: str, state: State, lang: str) -> Item:
    text = texts.by_hash(state.text_hash)
    return {
        "purpose": slug,
        "label": texts.label(slug, lang),
        "state": state.state,
        "since": state.since,
        "text": text.text if text else "",
        "lang": text.lang if text else lang,
        "receipt": f"/receipt/{state.event}" if state.event else None,
    }


def _invoices(contact: Contact | None) -> list[Item]:
    rows = billing.of(contact).invoices if contact else []
    return [
        {
            "number": row.number,
            "url": row.url,
            "total": format_currency(row.total, row.currency),
            "status": sale_label(row.status),
            "at": words.day(row.issued_at),
        }
        for row in rows[:MOST]
    ]


def _places(contact: Contact | None) -> list[Item]:
    """Who else was told of her (GDPR article 15 (1) (c))."""
    rows = _told(contact)
    return [{"holder": words.holder(row.processor), "state": row.state} for row in rows]


def _told(contact: Contact | None) -> list[ProcessorState]:
    if contact is None:
        return []
    mine = select(ProcessorState).where(ProcessorState.contact_id == contact.id, ProcessorState.met_at.is_not(None))
    return list(db.session.scalars(mine.order_by(ProcessorState.processor)))


def _others(contact: Contact | None) -> list[str]:
    """Everyone else who works for us and is asked when she wants a copy, or to be deleted."""
    told = {row.processor for row in _told(contact)}
    return [
        words.holder(name) for name, (on, _to) in REGISTRY.items() if current_app.config.get(on) and name not in told
    ]
