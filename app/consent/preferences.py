"""The page of choices, behind a fresh link. It shows no address: whoever sees it holds a link of the last half hour."""

from __future__ import annotations

from collections.abc import Collection

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _

from app.consent import links, service, texts
from app.consent.confirm import receipt_of
from app.consent.models import ConsentEvent, PreferenceLink
from app.consent.pages import bind, facts, page
from app.consent.state import State
from app.contacts.models import Contact
from app.extensions import csrf, db
from app.sites.models import Site
from app.sites.service import home

bp = Blueprint("preferences", __name__)
csrf.exempt(bp)  # the word in the link is the authority


@bp.get("/preferences/<word>")
def show(word: str) -> Response:
    link = links.find_preferences(word)
    return _page(link, word) if link else _too_late()


@bp.post("/preferences/<word>")
def save(word: str) -> Response:
    link = links.find_preferences(word)
    contact = db.session.get(Contact, link.contact_id) if link else None
    if link is None or contact is None:
        return _too_late()
    id_, events = contact.id, service.choose(link, _ticked(), facts(contact))
    db.session.commit()
    if db.session.get(Contact, id_) is None:
        return _too_late()
    return _page(link, word, saved=True, events=events)


def _ticked() -> list[str]:
    if request.form.get("withdraw") == "all":
        return []
    return [purpose.slug for purpose in texts.purposes() if request.form.get(purpose.slug)]


def _page(link: PreferenceLink, word: str, saved: bool = False, events: list[ConsentEvent] | None = None) -> Response:
    bind(link.lang)
    contact = db.session.get(Contact, link.contact_id)
    now_states = service.states(contact) if contact else {}
    changed = {event.purpose for event in events or ()}
    return page(
        "public/preferences.html",
        site=db.session.get(Site, link.site_id),
        action=url_for("preferences.save", word=word),
        purposes=[
            _choice(slug, link.lang, now_states.get(slug, State())) for slug in _shown(link, now_states, changed)
        ],
        saved=saved,
        receipt=receipt_of(events[0]) if events else None,
    )


def _shown(link: PreferenceLink, now_states: dict[str, State], changed: Collection[str]) -> list[str]:
    """What can be read in the link's language, and else only what she has said yes to, so that she can take it back."""
    hers = {slug for slug, state in now_states.items() if state.state == "confirmed"}.union(changed)
    return [purpose.slug for purpose in texts.purposes() if link.lang in purpose.texts or purpose.slug in hers]


def _choice(slug: str, lang: str, state: State) -> dict[str, object]:
    text = texts.readable(slug, lang)
    return {
        "name": slug,
        "purpose": texts.label(slug, lang),
        "text": text.text if text else "",
        "lang": text.lang if text else lang,
        "state": state.state,
        "since": state.since,
    }


def _too_late() -> Response:
    return page(
        "public/message.html",
        410,
        site=home(),
        kind="info",
        title=_("This link is too old"),
        paragraphs=[
            _("A link to your choices works once, and for 30 minutes. Ask for a new one, and it comes by e-mail.")
        ],
        actions=[{"label": _("Send me a new link"), "href": url_for("unsubscribe.lost")}],
    )
