"""Links that show a mailbox is somebody's own: short-lived, ended by three wrong tries.

A link's token is `<row>.<secret>`, so that a wrong secret counts against its row. The secret is derived from the
row's random number with our key, and kept nowhere. Opening a link changes nothing; pressing its button does.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from sqlalchemy import select

from app import tokens
from app.clock import now
from app.crypto import keyring
from app.extensions import db
from app.privacy import identity as identities
from app.privacy.identity import Identity
from app.privacy.models import PrivacyLink, PrivacyRequest
from app.sites.models import Site

KEY = "privacy_link"
PROVE, PAGE, ARCHIVE = "prove", "page", "archive"
LIVES = {PROVE: timedelta(hours=24), PAGE: timedelta(minutes=30), ARCHIVE: timedelta(days=7)}
TRIES = 3
LONGEST = 100  # characters of a token: 36 for the row, 43 for the secret


def open(
    use: str,
    identity: Identity,
    *,
    request: PrivacyRequest | None = None,
    site: Site,
    lang: str,
    network: str = "",
    lives: timedelta | None = None,
) -> PrivacyLink:
    """A fresh link to `prove` who one is, to one's own `page`, or to an `archive`. Raises KeyError for other uses."""
    link = PrivacyLink(id=str(uuid4()), use=use, site_id=site.id, lang=lang, network=network)
    link.address_mac, link.sealed = identities.mac(identity.address), identities.hide(identity)
    link.request_id = request.id if request else None
    link.created_at = now()
    link.expires_at = link.created_at + (lives or LIVES[use])
    db.session.add(link)
    db.session.flush()
    return link


def word(link_id: str) -> str:
    """The token of a link, as it stands in its address: the same however often it is asked for."""
    return f"{link_id}.{_secret(link_id)}"


def _secret(link_id: str) -> str:
    return tokens.derived(keyring(), KEY, link_id)


def find(use: str, token: str, spent: bool = False) -> PrivacyLink | None:
    """The link behind a token while it is fresh; None for what is forged, cut, old, or for another use.

    `spent` also finds one whose button has been pressed already. Reads only: for GET.
    """
    link_id, secret = _parts(token)
    return _good(db.session.get(PrivacyLink, link_id), use, secret, spent) if link_id else None


def press(use: str, token: str, spent: bool = False) -> PrivacyLink | None:
    """The same for POST. The row is held until the transaction ends. A wrong secret is counted: commit on None too."""
    link_id, secret = _parts(token)
    link = _held(link_id) if link_id else None
    if link and not _genuine(link, secret):
        link.tries += 1
    return _good(link, use, secret, spent)


def spend(link: PrivacyLink) -> None:
    """The button has been pressed, and the link is used up."""
    link.used_at = link.used_at or now()


def _parts(token: str) -> tuple[str, str]:
    link_id, _, secret = token.partition(".")
    fits = len(token) <= LONGEST and token.isascii() and link_id.isprintable()
    return (link_id, secret) if fits else ("", "")


def _held(link_id: str) -> PrivacyLink | None:
    held = select(PrivacyLink).where(PrivacyLink.id == link_id).with_for_update()
    return db.session.scalar(held.execution_options(populate_existing=True))


def _good(link: PrivacyLink | None, use: str, secret: str, spent: bool) -> PrivacyLink | None:
    if link is None or not _genuine(link, secret) or link.use != use:
        return None
    fresh = link.tries < TRIES and link.expires_at > now() and link.sealed
    return link if fresh and (spent or link.used_at is None) else None


def _genuine(link: PrivacyLink, secret: str) -> bool:
    return tokens.belongs(keyring(), KEY, link.id, secret)
