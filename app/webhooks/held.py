"""What we hold about a person, in the shape of WordPress's own exporters.

https://developer.wordpress.org/plugins/privacy/adding-the-personal-data-exporter-to-your-plugin/ : groups of items,
each with pairs of name and value. WordPress prints values as HTML and drops every tag but links and line breaks, so
what people wrote is escaped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from html import escape
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app import contacts
from app.billing import typed
from app.billing.labels import sale_label
from app.billing.models import ContactTaxCheck
from app.consent import ledger, standing, texts
from app.consent.models import ConsentEvent, ConsentEvidence
from app.consent.state import State
from app.contacts.models import Contact
from app.extensions import db
from app.i18n import when
from app.labels import field_label, state_label
from app.letters.models import Letter
from app.submissions.catalogue import worded
from app.submissions.hers import hers
from app.submissions.models import Form, FormVersion, Submission

PAGE = 50  # items in one answer
Item = dict[str, Any]
Pairs = Iterable[tuple[str, Any]]


def page(address: str, number: int, lang: str) -> dict[str, Any]:
    """One page, counted from 1, about a canonical address. Nothing about a stranger."""
    contact, first = contacts.find(address), (number - 1) * PAGE
    items = [*(_about(contact, lang) if contact else ()), *_submissions(contact, address, lang)]
    items += _letters(contact) if contact else []
    return {"data": [make() for make in items[first : first + PAGE]], "done": len(items) <= first + PAGE}


def _about(contact: Contact, lang: str) -> list[Callable[[], Item]]:
    states, events = standing.states(contact), ledger.events(contact.subject)
    return [
        partial(_details, contact),
        *(partial(_consent, purpose, state, lang) for purpose, state in sorted(states.items())),
        *(partial(_event, event, lang) for event in events),
    ]


def _item(group: str, label: str, id: Any, pairs: Pairs) -> Item:
    """What is empty is left out."""
    data = [{"name": name, "value": _html(value)} for name, value in pairs if value]
    return {"group_id": f"samtykke-{group}", "group_label": label, "item_id": f"{group}-{id}", "data": data}


def _html(value: Any) -> str:
    return escape(str(value), quote=False).replace("\n", "<br>")


def _details(contact: Contact) -> Item:
    known = [(_("E-mail"), contact.address), (_("Written as"), contact.display), (_("Language"), contact.lang)]
    told = [(field_label(value.field), f"{value.value} ({when(value.at)})") for value in contact.values]
    pairs = [*known, (_("Known since"), when(contact.created_at)), *told, *map(_number, typed.checks(contact))]
    return _item("details", _("Samtykke: particulars"), contact.id, pairs)


def _number(row: ContactTaxCheck) -> tuple[str, str]:
    return _("Number checked"), f"{row.value}: {sale_label(row.result)} ({when(row.checked_at)})"


def _consent(purpose: str, state: State, lang: str) -> Item:
    pairs = [
        (_("Purpose"), texts.label(purpose, lang)),
        (_("Status"), state_label(state.state)),
        (_("Since"), when(state.since)),
    ]
    return _item("consents", _("Samtykke: consents"), purpose, pairs)


def _event(event: ConsentEvent, lang: str) -> Item:
    text = texts.by_hash(event.text_hash)
    held = db.session.scalar(select(ConsentEvidence.facts).where(ConsentEvidence.event_id == event.id)) or {}
    pairs = [
        (_("Purpose"), texts.label(event.purpose, lang)),
        (_("What happened"), state_label(event.type)),
        (_("Time"), when(event.at)),
        (_("How"), state_label(event.method)),
        (_("Text shown"), text.text if text else ""),
        (_("IP address, shortened"), held.get("ip")),
        (_("Browser"), held.get("user_agent")),
        (_("Page"), held.get("url")),
        (_("Note"), held.get("note")),
    ]
    return _item("history", _("Samtykke: what happened to each consent"), event.id, pairs)


def _submissions(contact: Contact | None, address: str, lang: str) -> list[Callable[[], Item]]:
    """Also those that belong to nobody: boxed as spam, or not read yet."""
    ids = db.session.scalars(hers(address, contact.id if contact else None))
    return [partial(_submission, id, lang) for id in sorted(ids)]


def _submission(id: int, lang: str) -> Item:
    row = db.session.get_one(Submission, id)
    definition = db.session.get_one(FormVersion, row.version_id).definition
    labels = {field["name"]: worded(field["label"], lang) for field in definition["fields"]}
    pairs = [
        (_("Form"), worded(definition["title"], lang) or db.session.get_one(Form, row.form_id).slug),
        (_("Time"), when(row.received_at)),
        *((labels.get(name, name), _plain(value)) for name, value in row.answers.items()),
        (_("Consent asked for"), ", ".join(texts.label(purpose, lang) for purpose in sorted(row.asked))),
        (_("IP address, shortened"), row.network),
        (_("Browser"), row.user_agent),
        (_("Page"), row.page_url),
    ]
    return _item("submissions", _("Samtykke: forms you sent"), row.id, pairs)


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _letters(contact: Contact) -> list[Callable[[], Item]]:
    mine = select(Letter).where(Letter.contact_id == contact.id, Letter.sent_at.is_not(None)).order_by(Letter.id)
    return [partial(_letter, row) for row in db.session.scalars(mine)]


def _letter(row: Letter) -> Item:
    pairs = [(_("What it was"), _kind(row.kind)), (_("Sent"), when(row.sent_at))]
    return _item("letters", _("Samtykke: letters we sent you"), row.id, pairs)


def _kind(kind: str) -> str:
    kinds: dict[str, str] = {
        "confirm": _("Letter: please confirm"),
        "receipt_confirmed": _("Letter: receipt for consent"),
        "receipt_withdrawn": _("Letter: receipt for withdrawal"),
        "lost_link": _("Letter: link to unsubscribe"),
        "privacy_disclosed": _("Letter: what had to be handed out"),
    }
    return kinds.get(kind, kind)
