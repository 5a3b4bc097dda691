"""The other side of the comparison: whom the ledger allows, read a page of people at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from app.clock import now
from app.consent.models import ConsentEvent
from app.consent.state import State, fold
from app.contacts import suppression
from app.contacts.models import Contact, ContactValue, Suppression
from app.contacts.readdressing import MOVING
from app.crypto import keyring
from app.extensions import db
from app.sync.drift.people import BATCH, There
from app.sync.models import ProcessorState

Found = list[tuple[int, str]]  # contact id, and `surplus`, `gone` or `missing`
Person = Row[int, str, str]  # id, subject, address

ELSEWHERE = {"not_held", "held", "manual"}  # the processor has answered that they cannot be on its list, or need not be


def differences(processor: str, there: There, since: datetime) -> Iterator[Found]:
    """Everybody who is on other lists than the ledger says. Who moved after `since` is not counted."""
    after = 0
    while people := _page(after):
        after = people[-1].id
        yield _compared(processor, people, there, since)


def _page(after: int) -> Sequence[Person]:
    """Without those who are restricted: they may be anywhere, and nothing is told of them."""
    free = Contact.id > after, Contact.restricted_at.is_(None)
    rows = select(Contact.id, Contact.subject, Contact.address).where(*free)
    found: Sequence[Person] = db.session.execute(rows.order_by(Contact.id).limit(BATCH)).all()
    return found


def _compared(processor: str, people: Sequence[Person], there: There, since: datetime) -> Found:
    events = _events(people)
    states = {subject: fold(rows, now()) for subject, rows in events.items()}
    barred = _barred([person for person in people if _any(states.get(person.subject, {}))])
    told = _told(processor, people)
    found = []
    for person in people:
        mine = events.get(person.subject, [])
        granted = _granted(states.get(person.subject, {}), barred.get(person.id, set()))
        wanted = there.wanted(granted)
        kind = _kind(wanted, there.on(person.id, wanted), told.get(person.id), mine)
        if kind and not any(event.at >= since for event in mine):
            found.append((person.id, kind))
    on_the_way = _moving(processor, [contact_id for contact_id, _ in found])
    return [pair for pair in found if pair[0] not in on_the_way]


def _moving(processor: str, ids: Sequence[int]) -> set[int]:
    """Who is on the list by an earlier address, until the processor has been told of the new one."""
    mine = ContactValue.contact_id.in_(ids), ContactValue.field == f"{MOVING}{processor}"
    return set(db.session.scalars(select(ContactValue.contact_id).where(*mine))) if ids else set()


def _kind(wanted: set[str], on: set[str], told: Any, events: Sequence[Any]) -> str:
    if wanted == on:
        return ""
    if on - wanted:
        return "surplus"
    if on:  # from one list of several
        return "gone" if told is not None and (wanted - on) & set(told.lists) else "missing"
    if told is not None and told.state == "subscribed":
        return "gone"
    settled = told is not None and told.state in ELSEWHERE and told.since >= max(event.at for event in events)
    return "" if settled else "missing"


def _events(people: Sequence[Person]) -> dict[str, list[Any]]:
    event = ConsentEvent
    columns = (event.id, event.subject, event.purpose, event.type, event.at)
    rows = select(*columns, event.method, event.responds_to, event.text_hash)
    by_subject: dict[str, list[Any]] = {}
    for row in db.session.execute(rows.where(event.subject.in_([person.subject for person in people]))):
        by_subject.setdefault(row.subject, []).append(row)
    return by_subject


def _any(states: dict[str, State]) -> bool:
    return any(state.state == "confirmed" for state in states.values())


def _granted(states: dict[str, State], barred: set[str]) -> set[str]:
    granted = {purpose for purpose, state in states.items() if state.state == "confirmed"}
    return set() if suppression.ALL in barred else granted - barred


def _barred(people: Sequence[Person]) -> dict[int, set[str]]:
    """Scopes in which somebody is to be left alone, by contact id."""
    macs = {mac: one.id for one in people for mac in keyring().macs(suppression.KEY, one.address.encode())}
    scopes: dict[int, set[str]] = {}
    for mac, scope in db.session.execute(select(Suppression.mac, Suppression.scope).where(Suppression.mac.in_(macs))):
        scopes.setdefault(macs[mac], set()).add(scope)
    return scopes


def _told(processor: str, people: Sequence[Person]) -> dict[int, Any]:
    """What each was last told there."""
    row = ProcessorState
    rows = select(row.contact_id, row.state, row.since, row.lists).where(
        row.processor == processor, row.contact_id.in_([person.id for person in people])
    )
    return {told.contact_id: told for told in db.session.execute(rows)}
