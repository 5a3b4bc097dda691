"""A wish to be erased that was pressed in WordPress's own privacy tools becomes a request here, once.

Whoever has opened the link in WordPress's letter has proven whose mailbox it is. An administrator who pressed the
button for her has not: she gets our own link first.
"""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select

from app import contacts
from app.extensions import db
from app.privacy import duplicates, identity, opening
from app.privacy.models import OPEN, PrivacyRequest
from app.sites.service import home
from app.webhooks import wordpress
from app.webhooks.wordpress import Asked, Erased

ORIGIN, HOW = "wordpress", "the link in a letter of WordPress's"


def take(asked: Asked) -> Erased:
    """Open a request, or find the one that is open. May be called again and again for one wish. Does not commit."""
    duplicates.hold(asked.address)
    request = _running(asked.address)
    if request is None:
        _open(asked)
    elif asked.confirmed:
        opening.identified(request, "subject", HOW)
    return Erased(retained=True, messages=(_said(confirmed=asked.confirmed),))


def _running(address: str) -> PrivacyRequest | None:
    mine = (PrivacyRequest.address_mac.in_(identity.macs(address)), PrivacyRequest.kind == "erasure")
    found = select(PrivacyRequest).where(*mine, PrivacyRequest.state.in_(OPEN))
    return db.session.scalar(found.order_by(PrivacyRequest.id).limit(1))


def _open(asked: Asked) -> None:
    person = contacts.find(asked.address)
    site = home(person.site_id if person else None)
    if site is None:
        return
    if asked.confirmed:
        opening.open_identified(
            "erasure", asked.address, site=site, lang=asked.lang, origin=ORIGIN, actor="subject", identified_by=HOW
        )
    else:
        opening.ask("erasure", asked.address, "", site=site, lang=asked.lang, network="", origin=ORIGIN)


def _said(confirmed: bool) -> str:
    if confirmed:
        text = _("Samtykke has opened a request. Its staff pages and the receipt say what is deleted where.")
    else:
        text = _("Samtykke has sent the person a link, and deletes what it holds once its button has been pressed.")
    return str(text)


wordpress.ON_ERASE = take
