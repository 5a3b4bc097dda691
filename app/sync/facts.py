"""What our own records say of some people: read at once, in as many statements for fifty people as for one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from app.clock import now
from app.consent import ledger, texts
from app.consent.models import ConsentEvidence
from app.consent.state import Event, State, fold
from app.contacts import suppression
from app.contacts.models import Contact, ContactValue
from app.extensions import db
from app.processors.base import Consent
from app.sites.models import Site
from app.sync.models import ProcessorState

Events = Mapping[str, Event]


@dataclass(frozen=True)
class Facts:
    """By contact id, but for `sites`, which are slugs by the site's id."""

    values: Mapping[int, Mapping[str, str]]
    barred: Mapping[int, set[str]]
    consents: Mapping[int, Mapping[str, Consent]]
    states: dict[int, ProcessorState]
    sites: Mapping[int | None, str]


def read(people: Sequence[Contact], processor: str = "") -> Facts:
    """As of now, for one processor, or what is the same for all. Whoever is about to write by it holds these people's
    locks.
    """
    ids = [contact.id for contact in people]
    barred = suppression.scopes_of([contact.address for contact in people])
    scopes = {contact.id: barred[contact.address] for contact in people}
    return Facts(
        _values(ids), scopes, _consents(people, scopes), states(ids, processor) if processor else {}, _sites(people)
    )


def states(ids: Iterable[int], processor: str) -> dict[int, ProcessorState]:
    """The rows of these people at a processor; none for whom it was never told of."""
    mine = select(ProcessorState).where(ProcessorState.contact_id.in_(ids), ProcessorState.processor == processor)
    return {row.contact_id: row for row in db.session.scalars(mine)}


def _values(ids: Iterable[int]) -> dict[int, dict[str, str]]:
    held: dict[int, dict[str, str]] = defaultdict(dict)
    mine = select(ContactValue.contact_id, ContactValue.field, ContactValue.value)
    for contact_id, field, value in db.session.execute(mine.where(ContactValue.contact_id.in_(ids))):
        held[contact_id][field] = value
    return held


def _sites(people: Iterable[Contact]) -> dict[int | None, str]:
    ids = {contact.site_id for contact in people if contact.site_id}
    return dict(db.session.execute(select(Site.id, Site.slug).where(Site.id.in_(ids))).all()) if ids else {}


def _consents(people: Sequence[Contact], barred: Mapping[int, set[str]]) -> dict[int, dict[str, Consent]]:
    """One for every purpose there is, so that a processor can take away what was never granted."""
    slugs = [purpose.slug for purpose in texts.purposes()]
    events = ledger.events_of([contact.subject for contact in people])
    mine = {contact.id: {event.id: event for event in events[contact.subject]} for contact in people}
    stand = {contact_id: fold(own.values(), now()) for contact_id, own in mine.items()}
    seen = _networks(mine, stand)
    return {
        contact_id: {
            purpose: _consent(purpose, found.get(purpose, State()), mine[contact_id], barred[contact_id], seen)
            for purpose in sorted({*slugs, *found})
        }
        for contact_id, found in stand.items()
    }


def _consent(purpose: str, state: State, events: Events, barred: set[str], seen: Mapping[str, str]) -> Consent:
    if state.state != "confirmed" or barred & {purpose, suppression.ALL}:
        return Consent(purpose, granted=False)
    request = events.get(events[state.event].responds_to)
    network = seen.get(state.event) or (seen.get(request.id) if request else None)
    return Consent(purpose, True, state.since, request.at if request else None, network)


def _networks(events: Mapping[int, Events], stand: Mapping[int, Mapping[str, State]]) -> dict[str, str]:
    """Where the answers came from, by event: cut short when it was stored. Nothing once it has been erased."""
    given = [
        events[contact_id][state.event]
        for contact_id, found in stand.items()
        for state in found.values()
        if state.state == "confirmed"
    ]
    wanted = {name for event in given for name in (event.id, event.responds_to) if name}
    network = ConsentEvidence.facts["ip"].as_string()
    rows = select(ConsentEvidence.event_id, network).where(ConsentEvidence.event_id.in_(wanted), network.is_not(None))
    return dict(db.session.execute(rows).all()) if wanted else {}
