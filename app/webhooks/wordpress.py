"""What the plugin asks on behalf of an administrator of WordPress who exports or erases a person there.

A forged, stale or repeated call is answered 401 and nothing else. Every call about a person stands in the audit trail.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Response, abort, current_app, jsonify, request
from flask_babel import gettext as _
from sqlalchemy import select
from structlog import get_logger

from app import audit, contacts
from app.contacts.addresses import InvalidAddress, canonical
from app.extensions import csrf, db
from app.i18n import speaking
from app.processors.wordpress import webhook
from app.sites.models import Site
from app.sites.service import home
from app.sync import notices
from app.webhooks import held
from app.webhooks.door import bp

LARGEST = 8 * 1024  # bytes; the plugin sends an address and a page number
MOST_PAGES = 10_000
NAME = "wordpress"
ACTOR = f"processor:{NAME}"

log = get_logger()


@dataclass(frozen=True)
class Erased:
    """How a wish to be erased ended, in the words of WordPress's own erasers; `messages` are shown to staff there."""

    removed: bool = False
    retained: bool = False
    messages: tuple[str, ...] = ()
    done: bool = True


@dataclass(frozen=True)
class Asked:
    """One call about one person; `address` is canonical. `confirmed`: she has opened the link in WordPress's letter."""

    address: str
    page: int
    lang: str
    confirmed: bool


# What is done with a wish to be erased. Whoever keeps requests sets it; it may be called again and again for one wish,
# in a request, and does not commit.
ON_ERASE: Callable[[Asked], Erased] | None = None


@bp.post("/wordpress/ping")
@csrf.exempt  # type: ignore[untyped-decorator]
def wordpress_ping() -> Response:
    """Does the key work?"""
    _said()
    return _answer({"service": "samtykke"})


@bp.post("/wordpress/export")
@csrf.exempt  # type: ignore[untyped-decorator]
def wordpress_export() -> Response:
    """One page of what we hold about a person."""
    asked = _asked()
    contact = contacts.find(asked.address)
    subject, object = (contact.subject, f"contact:{contact.id}") if contact else ("", "")
    db.session.rollback()
    audit.look(ACTOR, "exported_for_wordpress", subject, object, f"page {asked.page}")
    with speaking(asked.lang):
        return _answer(held.page(asked.address, asked.page, asked.lang))


@bp.post("/wordpress/erase")
@csrf.exempt  # type: ignore[untyped-decorator]
def wordpress_erase() -> Response:
    """Take in the wish. Nothing is deleted here and now: a request is answered by whoever decides about requests."""
    asked = _asked()
    contact = contacts.find(asked.address)
    subject, object = (contact.subject, f"contact:{contact.id}") if contact else ("", "")
    note = "confirmed by mail" if asked.confirmed else "by an administrator"
    audit.record(ACTOR, "asked_erasure_at_wordpress", subject, object, note)
    with speaking(asked.lang):
        ended = ON_ERASE(asked) if ON_ERASE else _by_hand()
    db.session.commit()
    return _answer(
        {
            "items_removed": ended.removed,
            "items_retained": ended.retained,
            "messages": list(ended.messages),
            "done": ended.done,
        }
    )


def _by_hand() -> Erased:
    place = f"{current_app.config['BASE_URL']}/admin/"
    return Erased(
        retained=True,
        messages=(_("Samtykke has erased nothing yet. Do it on its staff pages: %(place)s", place=place),),
    )


def _asked() -> Asked:
    """Who is meant. Whatever the plugin would never send is 400."""
    said = _said()
    email, page = said.get("email"), said.get("page", 1)
    if not isinstance(email, str) or type(page) is not int or not 1 <= page <= MOST_PAGES:
        abort(400)
    try:
        lang = _language(said.get("site"))
        return Asked(canonical(email).canonical, page, lang, said.get("confirmed") is True)
    except InvalidAddress:
        abort(400)


def _said() -> dict[str, Any]:
    """What a call says that was signed just now and comes for the first time."""
    live = webhook.keys(current_app.config)
    if not live:
        abort(404)
    request.max_content_length = LARGEST
    raw = request.get_data(cache=False)
    nonce = webhook.verify(live, dict(request.headers), request.path, raw, time.time())
    if not nonce or not notices.news(NAME, nonce):
        db.session.rollback()
        abort(Response(status=401))
    db.session.commit()  # at once: a second call with it must not get in while this one is being answered
    log.info("webhook", processor=NAME, kind=request.path.rpartition("/")[2])
    try:
        return webhook.parse(raw)
    except ValueError:
        abort(400)


def _language(url: Any) -> str:
    """The language of the website that asks; ours where we do not know it."""
    parts = urlsplit(url) if isinstance(url, str) else urlsplit("")
    asking = select(Site).where(Site.origin == f"{parts.scheme}://{parts.netloc}")
    site = db.session.scalars(asking).first() or home()
    return site.languages[0] if site else "nb"


def _answer(data: dict[str, Any]) -> Response:
    response = jsonify(data)
    response.headers["Cache-Control"] = "no-store"
    return response
