"""Keeping every processor in line with the ledger, and the ledger with what people do at the processors."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, exists, or_, select

from app import contacts, outbox
from app.clock import now
from app.consent import service as consent
from app.consent.models import ConsentEvent
from app.contacts import suppression
from app.contacts.addresses import InvalidAddress, canonical
from app.contacts.models import Contact, ContactValue
from app.contacts.readdressing import MOVING
from app.contacts.upsert import insert
from app.crypto import keyring
from app.extensions import db
from app.outbox.models import OutboxRow
from app.processors.base import Notice, Outcome, Profile, Rejected
from app.sync import facts, profile
from app.sync.facts import Facts
from app.sync.models import ProcessorState, ReceivedNotice

Answer = tuple[Profile, Outcome]  # what was said, and what the processor made of it
GRANTS = ("confirmed", "imported")
PAGES = ("sync.bulk", "sync.mend")  # work for many people; its ref ends in the first and the last id
EARLIER = "earlier"  # among what a processor knows her by
MOVED = "address:"  # and the processor: where a person goes by another address
OFF = {"unsubscribed", "cleaned"}
KEEP_NOTICES = timedelta(days=30)  # a vendor repeats itself for an hour or so; a repeat does no harm anyway


def push_soon(contact_id: int, processor: str) -> None:
    """Bring one processor in line with the ledger for one person. Her lane: never two at once."""
    ref = f"{processor}:{contact_id}"
    outbox.enqueue("sync.push", ref, lane=ref)


def being_told(contact_id: int, processor: str) -> bool:
    """Is a page of people that she is on being told to this processor just now, as they stood when it began?

    Its calls are in no lane of hers. Whoever erases or restricts her there must wait for their end: one of them would
    bring her back, and nobody would notice. A page that begins later leaves her out.
    """
    row = OutboxRow
    held = row.done_at.is_(None), row.failed_at.is_(None), row.claimed_until > now()
    pages = select(row.ref).where(outbox.stream_of_row == processor, row.kind.in_(PAGES), *held)
    spans = (ref.rpartition(":")[2].partition("-") for ref in db.session.scalars(pages))
    return any(int(first) <= contact_id <= int(last) for first, _, last in spans)


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


def heed(processor: str, notice: Notice) -> None:
    """Take in what a processor tells us of a person. Strangers are not remembered; repeats are no news.

    It can take consent away and never give any: where the processor went its own way, it is brought back in line.
    """
    if notice.by_us or notice.kind == "profile" or not news(processor, notice.key):
        return
    for address in filter(None, (notice.address, notice.new_address)):
        contact = contacts.find(address)
        if contact and contacts.lock(contact.id):
            acquaint(contact.id, processor)
            _take_off(contact, processor, notice)
            _moved(contact, processor, notice)
            push_soon(contact.id, processor)


def news(processor: str, key: str) -> bool:
    """Is this the first we hear of it? Asking makes it known."""
    mac = keyring().mac("notice", f"{processor}:{key}".encode())
    row = insert(ReceivedNotice).values(processor=processor, key=mac).on_conflict_do_nothing()
    return bool(db.session.execute(row.returning(ReceivedNotice.key)).first())


def _take_off(contact: Contact, processor: str, notice: Notice) -> None:
    """What the person said yes to after that moment stands."""
    if notice.kind not in OFF:
        return
    consent.withdraw(contact, actor=f"webhook:{processor}", method="webhook", at=_moment(notice))
    if notice.kind == "cleaned" and not consent.granted(contact):
        suppression.suppress(contact.address, suppression.ALL, "bounced")


def _moved(contact: Contact, processor: str, notice: Notice) -> None:
    """She goes by another address there. Consent does not follow; whoever asks what is held of her must find it."""
    if notice.kind != "address_changed" or contacts.find(notice.new_address):
        return
    try:
        address = canonical(notice.new_address).canonical
    except InvalidAddress:
        return
    row = insert(ContactValue).values(
        contact_id=contact.id, field=f"{MOVED}{processor}", value=address, source=f"webhook:{processor}"
    )
    new = {"value": address, "at": now()}
    db.session.execute(row.on_conflict_do_update(index_elements=["contact_id", "field"], set_=new))
    db.session.expire(contact, ["values"])


def _moment(notice: Notice) -> datetime:
    # Vendors cut to the second. Within one second a no counts more than a yes.
    return min(notice.at + timedelta(milliseconds=999), now())


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


def tidy() -> None:
    """Forget old notices."""
    db.session.execute(delete(ReceivedNotice).where(ReceivedNotice.at < now() - KEEP_NOTICES))
