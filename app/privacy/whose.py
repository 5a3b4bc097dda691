"""Which requests are somebody's."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, select, union_all
from sqlalchemy.orm import selectinload

from app.contacts.models import Contact
from app.extensions import db
from app.privacy import identity
from app.privacy.models import PrivacyRequest


def of(person: Contact, most: int) -> Sequence[PrivacyRequest]:
    """Newest first: those under her address, proven or not, and those from before her address was another.

    Two questions, each with its index; an OR of the two would be answered by reading everything.
    """
    linked = select(PrivacyRequest.id).where(PrivacyRequest.contact_id == person.id)
    return _newest(most, PrivacyRequest.id.in_(union_all(_under(person.address), linked)))


def hers(address: str, this: int | None, most: int) -> Sequence[PrivacyRequest]:
    """What she is shown, newest first: also the one that brought her here; of two that ask for the same, the one that
    counts.
    """
    mine = db.session.scalars(_under(address))
    return _newest(most, PrivacyRequest.id.in_({*mine, this} - {None}), PrivacyRequest.state != "duplicate")


def _under(address: str) -> Select[int]:
    return select(PrivacyRequest.id).where(PrivacyRequest.address_mac.in_(identity.macs(address)))


def _newest(most: int, *which: ColumnElement[bool]) -> Sequence[PrivacyRequest]:
    rows = select(PrivacyRequest).where(*which).order_by(PrivacyRequest.id.desc()).limit(most)
    return db.session.scalars(rows.options(selectinload(PrivacyRequest.tasks))).all()
