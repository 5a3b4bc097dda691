"""What we know of many addresses at once, in a handful of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from app.arrivals.verdict import Standing
from app.clock import now
from app.consent.models import ConsentEvent
from app.consent.state import fold
from app.contacts import suppression
from app.contacts.models import Contact, Suppression
from app.contacts.upsert import insert
from app.crypto import keyring
from app.extensions import db


@dataclass(slots=True)
class Person:
    """An address, the row of whom it belongs to (0 for a stranger), where she stands, and the event that made it so."""

    address: str
    id: int = 0
    subject: str = ""
    standing: Standing = field(default_factory=Standing)
    events: Mapping[str, ConsentEvent] = field(default_factory=dict)  # by purpose


def known(addresses: Collection[str], hold: bool = False) -> dict[str, Person]:
    """Everybody behind these canonical addresses, strangers too. With `hold` their rows are locked, in one order."""
    people = {address: Person(address) for address in addresses}
    columns = (Contact.address, Contact.id, Contact.subject, Contact.restricted_at)
    wanted = select(*columns).where(Contact.address.in_(addresses))
    wanted = wanted.order_by(Contact.id)
    for address, id_, subject, restricted_at in db.session.execute(wanted.with_for_update() if hold else wanted):
        people[address].id, people[address].subject = id_, subject
        people[address].standing.restricted = restricted_at is not None
    for address, scopes in _scopes(addresses).items():
        people[address].standing.scopes = scopes
    _read({person.subject: person for person in people.values() if person.id})
    return people


def _scopes(addresses: Collection[str]) -> dict[str, set[str]]:
    """Whom to leave alone. Under every key of the ring: a rotation must not wake anybody up."""
    macs = {mac: a for a in addresses for mac in keyring().macs(suppression.KEY, a.encode())}
    scopes: dict[str, set[str]] = defaultdict(set)
    barred = select(Suppression.mac, Suppression.scope).where(Suppression.mac.in_(macs))
    for mac, scope in db.session.execute(barred):
        scopes[macs[mac]].add(scope)
    return scopes


def _read(people: Mapping[str, Person]) -> None:
    """States, by subject: one look at the ledger for all of them."""
    events: dict[str, list[ConsentEvent]] = defaultdict(list)
    if people:
        for event in db.session.scalars(select(ConsentEvent).where(ConsentEvent.subject.in_(people))):
            events[event.subject].append(event)
    for subject, hers in events.items():
        by_id = {event.id: event for event in hers}
        states = fold(hers, now())
        people[subject].standing.states = states
        people[subject].events = {p: by_id[state.event] for p, state in states.items() if state.event}
        own = {p for p, event in people[subject].events.items() if event.type == "confirmed"}
        people[subject].standing.own = {p for p in own if states[p].state == "confirmed"}


def meet(strangers: Mapping[str, tuple[str, str]], site_id: int) -> dict[str, tuple[int, str]]:
    """Rows for strangers: canonical address to how it was written and her language. Returns id and subject of each.

    Whom somebody else met at this very moment is not among them.
    """
    if not strangers:
        return {}
    rows = [
        {"address": address, "display": display, "lang": lang, "site_id": site_id}
        for address, (display, lang) in sorted(strangers.items())
    ]
    new = insert(Contact).on_conflict_do_nothing(index_elements=["address"])
    made = db.session.execute(new.returning(Contact.address, Contact.id, Contact.subject), rows)
    return {address: (id_, subject) for address, id_, subject in made}
