"""The letters of consent: what each one needs to know. Their words stand in templates/letters/."""

from __future__ import annotations

from typing import Any

from app.consent import ledger, links, service, texts
from app.consent.links import EVERYTHING
from app.consent.models import Confirmation, ConsentEvent, PreferenceLink
from app.contacts.models import Contact
from app.extensions import db
from app.letters import Draft, composer
from app.letters.models import Letter


@composer("confirm")
def confirm(letter: Letter) -> Draft | None:
    """One neutral question. Not sent when the request has been voided, answered or forgotten meanwhile."""
    row = db.session.get(Confirmation, letter.refs["confirmation"])
    if row is None or service.standing(row) != "ask":
        return None
    asked = [event.purpose for event in service.requests_of(row)]
    return _to_person(letter, ",".join(sorted(asked)), purposes=_names(asked, letter), url=_confirm_url(row))


def _confirm_url(row: Confirmation) -> str:
    return links.absolute(f"/confirm/{links.confirm_word(row.id)}")


@composer("receipt_confirmed")
def receipt_confirmed(letter: Letter) -> Draft | None:
    return _receipt(letter)


@composer("receipt_withdrawn")
def receipt_withdrawn(letter: Letter) -> Draft | None:
    return _receipt(letter)


def _receipt(letter: Letter) -> Draft | None:
    events = [event for id_ in letter.refs["events"] if (event := ledger.find(id_))]
    names = _names([event.purpose for event in events], letter)
    receipts = [{"name": name, **_proof(event)} for name, event in zip(names, events, strict=True)]
    return _to_person(letter, EVERYTHING, purposes=names, receipts=receipts) if events else None


def _proof(event: ConsentEvent) -> dict[str, str]:
    return {"event": event.id, "hash": event.mac, "url": links.absolute(f"/receipt/{event.id}")}


@composer("lost_link")
def lost_link(letter: Letter) -> Draft | None:
    """A link that takes away for ever, and one to the choices while that is fresh."""
    row = db.session.get(PreferenceLink, letter.refs["preferences"])
    url = links.absolute(f"/preferences/{links.preferences_word(row.id)}") if row else None
    return _to_person(letter, EVERYTHING, url=url)


def _names(slugs: list[str], letter: Letter) -> list[str]:
    return [texts.label(slug, letter.lang) for slug in slugs]


def _to_person(letter: Letter, scope: str, **context: Any) -> Draft | None:
    contact = db.session.get(Contact, letter.contact_id) if letter.contact_id else None
    if contact is None:
        return None
    site = service.site_of(letter.site_id)
    url = links.letter_url(contact.address, contact.subject, letter.lang, site.slug, scope)
    return Draft(to=contact.address, context=context, unsubscribe_url=url)


@composer("staff_attack")
def staff_attack(letter: Letter) -> Draft | None:
    """To the company: a form of the site is being misused."""
    site = service.site_of(letter.site_id)
    return Draft(to=site.company.email) if site.company.email else None
