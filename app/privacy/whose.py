"""Which requests are somebody's."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, union_all
from sqlalchemy.orm import selectinload

from app.contacts.models import Contact
from app.extensions import db
from app.privacy import identity
from app.privacy.models import PrivacyRequest


def of(person: Contact, most: int) -> Sequence[PrivacyRequest]:
    """Newest first: those under her address, proven or not, and those from before her address was another.

    Two questions, each with its index; an OR of the two would be answered by reading everything.
    """
    under = select(PrivacyRequest.id).where(PrivacyRequest.address_mac.in_(identity.macs(person.address)))
    linked = select(PrivacyRequest.id).where(PrivacyRequest.contact_id == person.id)
    both = PrivacyRequest.id.in_(union_all(under, linked))
    newest = select(PrivacyRequest).where(both).order_by(PrivacyRequest.id.desc()).limit(most)
    return db.session.scalars(newest.options(selectinload(PrivacyRequest.tasks))).all()
