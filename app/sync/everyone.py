"""Before everyone is told again: how many people that would take off a list, and whether a human must say so."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from app.clock import now
from app.extensions import db
from app.processors.base import ANY, Profile
from app.sync.drift import ledger
from app.sync.drift.people import There
from app.sync.drift.service import bound, keeps_a_list
from app.sync.models import ProcessorState

OFF = ("unsubscribed", "not_held", "erased")  # the processor has answered that she is not on its list
SOME = 1000


@dataclass(frozen=True)
class Departures:
    """People who may be on a list by what we know, and how many of them the ledger does not allow there."""

    members: int = 0
    leaving: int = 0

    @property
    def allowed(self) -> int:
        """How many may be taken off without a human's yes: as many as for drift."""
        return bound(self.members)


def departures(processor: str) -> Departures:
    """Count them, from our own records: the processor is not asked. Nobody leaves where there is no list."""
    if not keeps_a_list(processor):
        return Departures()
    there = _perhaps_on(processor)
    pages = ledger.differences(processor, there, now())
    return Departures(there.members, sum(kind == "surplus" for page in pages for _, kind in page))


def settled(processor: str, told: Profile) -> bool:
    """Has she no business on this list, and has the processor said that she is off it?

    Whom somebody put back there is seen by the nightly comparison, whose bounds hold for her.
    """
    return keeps_a_list(processor) and not told.granted and told.last in OFF


def _perhaps_on(processor: str) -> There:
    row, there = ProcessorState, There()
    met = row.processor == processor, row.met_at.is_not(None), row.state.not_in(OFF)
    for contact_id in db.session.scalars(select(row.contact_id).where(*met).execution_options(yield_per=SOME)):
        there.lists[ANY].add(contact_id)
        there.members += 1
    return there
