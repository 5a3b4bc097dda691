"""The confirm link: looking changes nothing, pressing the button does."""

from __future__ import annotations

from flask import Blueprint, Response, url_for

from app.consent import links, service, texts
from app.consent.models import Confirmation, ConsentEvent
from app.consent.pages import bind, facts, page
from app.contacts.models import Contact
from app.extensions import csrf, db
from app.sites.service import home

bp = Blueprint("confirm", __name__)
csrf.exempt(bp)  # the word in the link is the authority; there is no session to ride on


@bp.get("/confirm/<word>")
def show(word: str) -> Response:
    row = links.find_confirmation(word)
    return _page(word, row, service.standing(row))


@bp.post("/confirm/<word>")
def press(word: str) -> Response:
    row = links.find_confirmation(word)
    if row is None or service.standing(row) != "ask":
        return _page(word, row, service.standing(row))
    contact = db.session.get(Contact, row.contact_id)
    events = service.confirm(row, facts(contact)) if contact else []
    db.session.commit()
    row = links.find_confirmation(word)
    return _page(word, row, "done" if events else service.standing(row), events)


def _page(word: str, row: Confirmation | None, state: str, events: list[ConsentEvent] | None = None) -> Response:
    bind(row.lang) if row else None
    site = home(row.site_id if row else None)
    contact = db.session.get(Contact, row.contact_id) if row else None
    lang = row.lang if row else "nb"
    asked = service.requests_of(row) if row and state in {"ask", "done", "already"} else []
    return page(
        "public/confirm.html",
        404 if row is None else 410 if state in {"void", "expired"} else 200,
        site=site,
        state=state,
        action=url_for("confirm.press", word=word),
        purposes=[described(event, lang) for event in asked],
        receipt=receipt_of(events[0]) if events else None,
        form_url=site.origin if site else None,
        unsubscribe_url=links.unsubscribe_url(contact, lang=lang) if contact and state in {"done", "already"} else None,
    )


def described(event: ConsentEvent, lang: str) -> dict[str, str]:
    """A purpose by its name, with the words that were shown."""
    text = texts.by_hash(event.text_hash)
    return {"purpose": texts.label(event.purpose, lang), "text": text.text if text else ""}


def receipt_of(event: ConsentEvent) -> dict[str, str]:
    """What a page shows of an event so that the person can come back to it."""
    return {"event": event.id, "hash": event.mac, "url": url_for("receipts.show", event_id=event.id)}
