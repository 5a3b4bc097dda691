"""The first step of an erasure: before anything is destroyed anywhere, nothing may bring the person back."""

from __future__ import annotations

from sqlalchemy import select, update

from app import journal
from app.clock import now
from app.consent.models import PreferenceLink
from app.consent.standing import void_open
from app.contacts import suppression
from app.contacts.models import Contact
from app.extensions import db
from app.letters.models import Letter
from app.privacy.own.who import Who
from app.processors.base import Profile
from app.submissions.models import Submission

OURS = "privacy_%"  # letters about the request itself


def stop(profile: Profile, ref: str = "") -> None:
    """Leave her address alone for good, end every link and letter that waits, take up nothing more that she sent.

    Only her own fresh confirmation, given after she has been forgotten, lifts that. Writes the journal's line, in which
    `ref` is the word of the request. Twice is once.
    """
    journal.note("erase", profile.address, ref=ref)
    suppression.suppress(profile.address, suppression.ALL, "erased")
    who = Who.of(profile, hold=True)
    _put_aside(who)
    if who.contact:
        _silence(who.contact)


def _put_aside(who: Who) -> None:
    """What nobody has worked on yet stays as it is, until it is erased."""
    waiting = update(Submission).where(who.wrote(), Submission.processed_at.is_(None))
    db.session.execute(waiting.values(processed_at=now()).execution_options(synchronize_session="fetch"))


def _silence(contact: Contact) -> None:
    contact.restricted_at = contact.restricted_at or now()
    void_open(contact)
    links = select(PreferenceLink).where(PreferenceLink.contact_id == contact.id, PreferenceLink.used_at.is_(None))
    for link in db.session.scalars(links):
        link.expires_at = min(link.expires_at, now())
    unsent = (Letter.contact_id == contact.id, Letter.sent_at.is_(None), Letter.dropped == "", ~Letter.kind.like(OURS))
    for letter in db.session.scalars(select(Letter).where(*unsent)):
        letter.dropped = "erased"
    db.session.flush()
