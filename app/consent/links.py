"""Links in letters. Those that withdraw are signed and live for ever; those that can add are stored, and short."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from flask import current_app
from sqlalchemy import Select, select

from app import tokens
from app.clock import now
from app.consent.models import Confirmation, PreferenceLink
from app.contacts.models import Contact
from app.crypto import keyring
from app.encoding import b64, unb64
from app.extensions import db
from app.sites.models import Site

UNSUBSCRIBE = "unsubscribe"
CONFIRM = "confirm"
PREFERENCES = "preferences"
EVERYTHING = "*"
PREFERENCES_LIVE = timedelta(minutes=30)


@dataclass(frozen=True)
class Withdrawal:
    """What a signed link may take away: some purposes of one person (`a,b`), or everything (`*`).

    `address` is the mailbox that the letter went to; empty in links that did not come by a letter of ours.
    """

    subject: str
    scope: str
    lang: str
    site: str
    address: str = ""

    @property
    def purposes(self) -> list[str] | None:
        """The purposes by name; None for all there are."""
        return None if self.scope == EVERYTHING else self.scope.split(",")


def unsubscribe_token(contact: Contact, scope: str, lang: str, site: str) -> str:
    return _signed(contact.subject, scope, lang, site)


def _signed(*words: str) -> str:
    return tokens.sign(keyring(), UNSUBSCRIBE, list(words))


def read_unsubscribe(token: str) -> Withdrawal | None:
    """What the link withdraws; None when it was not signed by us."""
    words = tokens.read(keyring(), UNSUBSCRIBE, token)
    if not words or len(words) not in (4, 5):
        return None
    return Withdrawal(*words[:4], *map(_readable, words[4:]))


def _readable(hidden: str) -> str:
    return keyring().reveal(UNSUBSCRIBE, unb64(hidden)).decode()


def unsubscribe_url(contact: Contact, scope: str = EVERYTHING, lang: str | None = None, site: str = "") -> str:
    """A link that finds this person, for pages and for processors: some of them take no more than 255 characters."""
    return absolute(f"/u/{unsubscribe_token(contact, scope, lang or contact.lang, site)}")


def letter_url(address: str, subject: str, lang: str, site: str, scope: str = EVERYTHING) -> str:
    """The link for `List-Unsubscribe` and the foot of a letter, which takes away whatever has become of the person
    since: she may have been on no list, or been forgotten and come back.

    Takes a canonical address, and carries it in a form that only we can read: a hash would find nobody.
    """
    hidden = b64(keyring().conceal(UNSUBSCRIBE, address.encode()))
    return absolute(f"/u/{_signed(subject, scope, lang, site, hidden)}")


def absolute(path: str) -> str:
    """An address on our own configured base, whatever `Host` a request claims."""
    return f"{current_app.config['BASE_URL']}{path}"


def confirm_word(confirmation_id: str) -> str:
    return tokens.derived(keyring(), CONFIRM, confirmation_id)


def find_confirmation(word: str) -> Confirmation | None:
    """The waiting request behind a word, if the word is one that we gave out for that row."""
    row = db.session.scalar(select(Confirmation).where(Confirmation.digest == tokens.digest(word)))
    return row if row and tokens.belongs(keyring(), CONFIRM, row.id, word) else None


def open_preferences(contact: Contact, site: Site, lang: str) -> PreferenceLink:
    """A fresh link to the preferences page. Older ones that were not used stop working."""
    for old in db.session.scalars(_unused(contact)):
        old.expires_at = min(old.expires_at, now())
    id_ = str(uuid4())
    row = PreferenceLink(id=id_, digest=tokens.digest(preferences_word(id_)), contact_id=contact.id, site_id=site.id)
    row.lang, row.expires_at = lang, now() + PREFERENCES_LIVE
    db.session.add(row)
    db.session.flush()
    return row


def _unused(contact: Contact) -> Select[PreferenceLink]:
    return select(PreferenceLink).where(PreferenceLink.contact_id == contact.id, PreferenceLink.used_at.is_(None))


def preferences_word(link_id: str) -> str:
    return tokens.derived(keyring(), PREFERENCES, link_id)


def find_preferences(word: str) -> PreferenceLink | None:
    """The link behind a word while it is fresh and unused."""
    row = db.session.scalar(select(PreferenceLink).where(PreferenceLink.digest == tokens.digest(word)))
    if row is None or not tokens.belongs(keyring(), PREFERENCES, row.id, word):
        return None
    return row if row.used_at is None and row.expires_at > now() else None
