"""Consents: the evidence, the links that wait, and for the person the texts she saw.

The events themselves stay. They name a random word that points at nobody once the contact is gone, and prove that the
rules were kept (GDPR articles 7 (1) and 17 (3) (e)).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, select

from app.clock import iso
from app.consent import ledger, texts
from app.consent import service as consent
from app.consent.models import Confirmation, ConsentEvent, ConsentEvidence, PreferenceLink
from app.consent.state import State
from app.extensions import db
from app.labels import state_label
from app.privacy.own.who import Who
from app.processors.base import Held
from app.sites.models import Site

LINKS = (("confirmation", Confirmation), ("preference_link", PreferenceLink))


def find(who: Who) -> Iterator[Held]:
    evidence = select(ConsentEvidence.event_id).where(ConsentEvidence.contact_id == who.contact_id)
    yield from (Held("evidence", id_) for id_ in db.session.scalars(evidence.order_by(ConsentEvidence.event_id)))
    for kind, model in LINKS:
        mine = select(model.id).where(model.contact_id == who.contact_id).order_by(model.id)
        yield from (Held(kind, id_) for id_ in db.session.scalars(mine))


def export(who: Who, lang: str) -> dict[str, Any]:
    """`consents`: one for each purpose she ever dealt with, with all that happened to it."""
    if who.contact is None:
        return {"consents": []}
    events = ledger.events(who.contact.subject)
    states = consent.states(who.contact)
    return {"consents": [_shown(purpose, state, events, lang) for purpose, state in sorted(states.items())]}


def _shown(purpose: str, state: State, events: list[ConsentEvent], lang: str) -> dict[str, Any]:
    return {
        "purpose": purpose,
        "label": texts.label(purpose, lang),
        "state": state_label(state.state),
        "since": iso(state.since) if state.since else None,
        "ground": _("Your consent (GDPR article 6 (1) (a))"),
        "history": [_event(event) for event in events if event.purpose == purpose],
    }


def _event(event: ConsentEvent) -> dict[str, Any]:
    text = texts.by_hash(event.text_hash)
    held = db.session.get(ConsentEvidence, event.id)
    return {
        "id": event.id,
        "what": state_label(event.type),
        "at": iso(event.at),
        "how": state_label(event.method),
        "site": _site(event.site),
        "text": text.text if text else "",
        "text_version": event.text_version,
        "text_language": event.text_lang,
        "evidence": held.facts if held else {},
    }


def _site(slug: str) -> str:
    """A website by its name; by our word for it once it is gone."""
    return db.session.scalar(select(Site.name).where(Site.slug == slug)) or slug


def erase(who: Who) -> None:
    for model in (ConsentEvidence, Confirmation, PreferenceLink):
        db.session.execute(delete(model).where(model.contact_id == who.contact_id))
