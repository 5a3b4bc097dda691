"""A person as a processor may know her: what the ledger allows today, and its proof."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from app.clock import now
from app.consent import ledger, links, texts
from app.consent.models import ConsentEvent, ConsentEvidence
from app.consent.state import State, fold
from app.contacts import suppression
from app.contacts.models import Contact
from app.extensions import db
from app.processors.base import Consent, Outcome, Profile
from app.sites.models import Site
from app.sync.models import ProcessorState

Events = Mapping[str, ConsentEvent]


@dataclass(frozen=True)
class Known:
    """What a processor told us of a person by itself: its ids for her, and account data it may be told in turn.

    `met` is for one that has no ids for people, and where she was found all the same.
    """

    refs: tuple[str, ...] = ()
    account: Mapping[str, str] = field(default_factory=dict)
    met: bool = False


# Processors that people go to on their own, and who there knows her. We introduce nobody to these.
KNOWN: dict[str, Callable[[Contact], Known]] = {}


def knows(processor: str) -> Callable[[Callable[[Contact], Known]], Callable[[Contact], Known]]:
    """Registers the function that says how a processor knows a person."""

    def register(function: Callable[[Contact], Known]) -> Callable[[Contact], Known]:
        KNOWN[processor] = function
        return function

    return register


@knows("wordpress")
def _at_wordpress(contact: Contact) -> Known:
    """It keeps no list: whoever is there went there by herself, and we know when a look has found her."""
    row = db.session.get(ProcessorState, (contact.id, "wordpress"))
    return Known(met=bool(row and row.met_at))


def build(contact: Contact, processor: str) -> Profile:
    """The profile for one processor, read from the ledger now. Whom we must leave alone has granted nothing."""
    values = _values(contact)
    known = KNOWN[processor](contact) if processor in KNOWN else Known()
    row = db.session.get(ProcessorState, (contact.id, processor))
    return Profile(
        contact.address,
        contact.lang,
        name=values.get("name", ""),
        company=values.get("company", ""),
        phone=values.get("phone", ""),
        consents=_consents(contact),
        unsubscribe_url=links.unsubscribe_url(contact, site=_site(contact)),
        acquainted=bool(known.refs or known.met) if processor in KNOWN else bool(row and row.met_at),
        typed=contact.display,
        refs={processor: known.refs} if known.refs else {},
        account=known.account,
        last=row.state if row and row.state in Outcome.STATES else "",
    )


def _values(contact: Contact) -> dict[str, str]:
    """Whom we must leave alone is told of no more."""
    if suppression.ALL in suppression.scopes(contact.address):
        return {}
    return {value.field: value.value for value in contact.values}


def _consents(contact: Contact) -> dict[str, Consent]:
    """One for every purpose there is, so that a processor can take away what was never granted."""
    events = {event.id: event for event in ledger.events(contact.subject)}
    states = fold(events.values(), now())
    barred = suppression.scopes(contact.address)
    purposes = {purpose.slug for purpose in texts.purposes()} | set(states)
    return {
        purpose: _consent(purpose, states.get(purpose, State()), events, barred & {purpose, suppression.ALL})
        for purpose in sorted(purposes)
    }


def _consent(purpose: str, state: State, events: Events, barred: set[str]) -> Consent:
    if state.state != "confirmed" or barred:
        return Consent(purpose, granted=False)
    confirmed = events[state.event]
    request = events.get(confirmed.responds_to)
    asked_at = request.at if request else None
    return Consent(
        purpose, True, state.since, asked_at, _network(confirmed) or (_network(request) if request else None)
    )


def _network(event: ConsentEvent) -> str | None:
    """Where the answer came from, cut short when it was stored. None once the evidence has been erased."""
    facts = db.session.scalar(select(ConsentEvidence.facts).where(ConsentEvidence.event_id == event.id))
    return facts.get("ip") if facts else None


def _site(contact: Contact) -> str:
    site = db.session.get(Site, contact.site_id) if contact.site_id else None
    return site.slug if site else ""
