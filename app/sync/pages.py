"""People by the page: what is told of many at once."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Select, exists, or_, select

from app import outbox
from app.consent.models import ConsentEvent
from app.contacts.models import Contact
from app.extensions import db
from app.sync.models import ProcessorState

GRANTS = ("confirmed", "imported")
PAGES = ("sync.bulk", "sync.mend")  # work for many people; its ref ends in the first and the last id


def pages(size: int) -> Iterator[tuple[int, int]]:
    """First and last contact id of every page of people, by key: as quick at the end as at the start."""
    after = 0
    while ids := list(db.session.scalars(_contacts().where(Contact.id > after).limit(size))):
        after = ids[-1]
        yield ids[0], after


def concerned(processor: str, first: int, last: int) -> list[int]:
    """Contact ids in this range of whom the processor knows, or may have to know."""
    met = exists().where(
        ProcessorState.contact_id == Contact.id,
        ProcessorState.processor == processor,
        ProcessorState.met_at.is_not(None),
    )
    granted = exists().where(ConsentEvent.subject == Contact.subject, ConsentEvent.type.in_(GRANTS))
    return list(db.session.scalars(_contacts().where(Contact.id.between(first, last), or_(met, granted))))


def _contacts() -> Select[int]:
    return select(Contact.id).order_by(Contact.id)


def being_told(contact_id: int, processor: str) -> bool:
    """Is a page of people that she is on being told to this processor just now, as they stood when it began?

    Its calls are in no lane of hers. Whoever erases or restricts her there must wait for their end: one of them would
    bring her back, and nobody would notice. A page that begins later leaves her out.
    """
    spans = (ref.rpartition(":")[2].partition("-") for ref in outbox.in_hand(processor, PAGES))
    return any(int(first) <= contact_id <= int(last) for first, _, last in spans)
