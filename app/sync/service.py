"""Keeping every processor in line with the ledger: what it is told of a person, and what it made of that."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from app import contacts, outbox
from app.clock import now
from app.consent import service as consent
from app.contacts.models import Contact
from app.contacts.readdressing import MOVING
from app.extensions import db
from app.processors.base import Outcome, Profile, Rejected
from app.sync import facts, profile
from app.sync.facts import Facts
from app.sync.models import ProcessorState

Answer = tuple[Profile, Outcome]  # what was said, and what the processor made of it
EARLIER = "earlier"  # among what a processor knows her by


def push_soon(contact_id: int, processor: str) -> None:
    """Bring one processor in line with the ledger for one person. Her lane: never two at once."""
    ref = f"{processor}:{contact_id}"
    outbox.enqueue("sync.push", ref, lane=ref)


def prepare(contact_id: int, processor: str) -> Profile | None:
    """What to tell the processor; None when it is not to be told.

    `refs` has `EARLIER` when it knows her by an earlier address, until it has been read that it knows the new one.

    The acquaintance is noted before the call, for a call may arrive and its answer be lost. Nobody is introduced in
    order to say goodbye, and of somebody restricted nothing is told until that is lifted.
    """
    contact = contacts.lock(contact_id)
    if contact is None or contact.restricted_at:
        return None
    return _introduced(contact, processor, facts.read([contact], processor))


def prepare_many(ids: Collection[int], processor: str) -> dict[int, Profile | None]:
    """The same for many at once. Whom somebody else holds just now is missing: ask for her alone.

    Nothing is told of whoever gets another address at this moment.
    """
    people = contacts.lock_free(ids)
    read = facts.read(people, processor)
    usable = [one for one in people if not one.restricted_at and not _earlier(one.id, read.values, processor)]
    told = {contact.id: _introduced(contact, processor, read) for contact in usable}
    return {contact.id: told.get(contact.id) for contact in people}


def _earlier(contact_id: int, values: Mapping[int, Mapping[str, str]], processor: str) -> str:
    """The address by which a processor still knows her; empty where that is her own.

    Told of the new one as if it were anybody, it would have her twice.
    """
    return values.get(contact_id, {}).get(f"{MOVING}{processor}", "")


def _built(contact: Contact, processor: str, read: Facts) -> Profile:
    told, earlier = profile.build_of(contact, processor, read), _earlier(contact.id, read.values, processor)
    return replace(told, address=earlier, typed="", refs={**told.refs, EARLIER: [earlier]}) if earlier else told


def _introduced(contact: Contact, processor: str, read: Facts) -> Profile | None:
    told, row = _built(contact, processor, read), _state(contact.id, processor, read.states)
    if told.acquainted or (told.granted and processor not in profile.KNOWN):
        row.met_at = row.met_at or now()
        return told
    _note(row, Outcome("not_held"))
    return None


def record(contact_id: int, processor: str, told: Profile, outcome: Outcome) -> None:
    """Note how the call ended. What moved while we were speaking is told in a new call.

    A processor that keeps off somebody whom we called subscribed has heard from her after we did: she left there.
    """
    contact = contacts.lock(contact_id)
    _recorded([contact] if contact else [], processor, {contact_id: (told, outcome)})


def record_many(processor: str, answers: Mapping[int, Answer]) -> set[int]:
    """The same for many at once. Returns whom it was done for; somebody else holds the others, or they are gone."""
    people = contacts.lock_free(answers)
    _recorded(people, processor, answers)
    return {contact.id for contact in people}


def _recorded(people: Sequence[Contact], processor: str, answers: Mapping[int, Answer]) -> None:
    read = facts.read(people, processor)
    for contact in people:
        told, outcome = answers[contact.id]
        _note(_state(contact.id, processor, read.states), outcome)
        today = _built(contact, processor, read)
        # Whatever else has moved, she has left this list; only a yes to its purpose that is newer than the call stands.
        left = [purpose for purpose in outcome.left if today.consents.get(purpose) == told.consents.get(purpose)]
        if left:
            consent.withdraw(contact, left, actor=f"processor:{processor}", method="sync")
        if replace(today, acquainted=told.acquainted, last=told.last, lists=told.lists) != told:
            push_soon(contact.id, processor)
        elif told.granted and outcome.state == "unsubscribed":
            consent.withdraw(contact, actor=f"processor:{processor}", method="sync")


def refuse(contact_id: int, processor: str, refusal: Rejected) -> None:
    """Note that the processor turned the call down for good. Staff find it among the failed jobs.

    Where it would turn down everybody, she stands as she stood: a comparison finds her once it has let us in again.
    """
    if contacts.lock(contact_id) is None:
        return
    row = _state(contact_id, processor, facts.states([contact_id], processor))
    if refusal.everybody:
        row.text = str(refusal)[:300]
    else:
        _note(row, Outcome("manual", str(refusal)))


def _note(row: ProcessorState, outcome: Outcome) -> None:
    if row.state != outcome.state:
        row.state, row.since = outcome.state, now()
    if row.text != outcome.text[:300]:
        row.text = outcome.text[:300]
    if row.lists != list(outcome.lists):
        row.lists = list(outcome.lists)


def _state(contact_id: int, processor: str, held: dict[int, ProcessorState]) -> ProcessorState:
    """The row of a person at a processor: of those that were read, or a new one. The caller holds her lock."""
    row = held.get(contact_id)
    if row is None:
        row = ProcessorState(
            contact_id=contact_id, processor=processor, state="waiting", text="", lists=[], since=now()
        )
        held[contact_id] = row
        db.session.add(row)
    return row


def acquaint(contact_id: int, processor: str) -> None:
    """The processor knows her, whether or not we introduced her. No effect on somebody who has been forgotten."""
    if contacts.lock(contact_id):
        row = _state(contact_id, processor, facts.states([contact_id], processor))
        row.met_at = row.met_at or now()
