"""What stands beside the events and is bound to them by a hash alone: the words that were shown, personal evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from app.consent import ledger, texts
from app.consent.models import ConsentEvent, ConsentEvidence, ConsentText
from app.extensions import db

PAGE = 5000

Check = Callable[[], Iterator[str]]
CHECKS: list[Check] = []


def check(function: Check) -> Check:
    """`flask ledger verify` asks it too. It yields what is wrong, in plain words, and nothing where all is well."""
    CHECKS.append(function)
    return function


@check
def words() -> Iterator[str]:
    shown = select(ConsentText.hash, ConsentText.purpose, ConsentText.lang, ConsentText.text).order_by(ConsentText.hash)
    for name, *said in db.session.execute(shown.execution_options(stream_results=True, yield_per=PAGE)):
        if texts.fingerprint(*said) != name:
            yield f"the words of consent text {name} have been changed"
    if event := first_without(ConsentEvent.text_hash, ConsentText.hash):
        yield f"the words that event {event} was about have been removed"


def first_without(named: InstrumentedAttribute[str], there: InstrumentedAttribute[str]) -> str | None:
    """The first event that names something by a hash that is not there."""
    gone = select(ConsentEvent.id).where(named != "", named.not_in(select(there)))
    return db.session.scalar(gone.order_by(ConsentEvent.id).limit(1))


@check
def evidence() -> Iterator[str]:
    """What has been erased is not there to be asked for."""
    rows = select(ConsentEvidence.event_id, ConsentEvidence.salt, ConsentEvidence.facts, ConsentEvent.evidence_hash)
    rows = rows.outerjoin(ConsentEvent, ConsentEvent.id == ConsentEvidence.event_id).order_by(ConsentEvidence.event_id)
    for event, salt, facts, name in db.session.execute(rows.execution_options(stream_results=True, yield_per=PAGE)):
        if name is None:
            yield f"there is evidence of event {event}, which does not exist"
        elif ledger.evidence_hash(salt, facts) != name:
            yield f"the evidence of event {event} has been changed"
