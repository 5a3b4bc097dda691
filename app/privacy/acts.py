"""What each act does at a holder. Outside ours a call to a vendor, with no transaction open; here a few statements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from app import contacts
from app.consent import service as consent
from app.contacts import suppression
from app.contacts.models import Contact
from app.contacts.readdressing import EMAIL
from app.extensions import db, reading
from app.privacy import archive, identity, mailroom, moving, objecting, own, selves
from app.privacy.archive import Packed
from app.privacy.identity import Identity
from app.privacy.models import PrivacyRequest, PrivacyTask
from app.privacy.phases import LISTS, OWN
from app.privacy.sighting import person, profiles_for
from app.processors.base import Held, Outcome, Processor, Profile

if TYPE_CHECKING:
    from app.processors.google.gmail import Gmail

TOLD = ("name", "company", "phone")  # what processors know of a person, and may be corrected
TELLING = {"rectify", "restrict", "lift", "object"}  # acts in which a processor is told of the person as she is now
OFF = {"unsubscribed", "not_held", "held"}  # how a push ends that leaves nobody on a list


@dataclass(frozen=True)
class Job:
    """What is known when an act begins: `then` is the person as she was planned.

    `today` is she as she is now, in acts in which a processor is told of her.
    """

    kind: str
    then: Profile
    today: Profile
    changes: Mapping[str, str] = field(default_factory=dict)
    objects: Sequence[Mapping[str, str]] = ()  # what was found when it was planned
    restricted: bool = False

    @property
    def new_address(self) -> str:
        """The canonical address that she is to be known by; empty where that is not what is wrong."""
        return moving.new_of(self.changes)


def job(request: PrivacyRequest, task: PrivacyTask) -> Job:
    """What is known as a task begins."""
    then, objects = identity.thaw(task.sealed)
    known = identity.reveal(request.sealed)
    contact = person(known) if known else None
    today = profiles_for(known, [task.holder])[task.holder] if known and contact and _tells(request, task) else then
    changes = identity.unseal(request.wishes).get("changes", {})
    return Job(request.kind, then, today, changes, objects, bool(contact and contact.restricted_at))


def _tells(request: PrivacyRequest, task: PrivacyTask) -> bool:
    """Does it need her as she is now? An objection is read by telling again, a correction by what should be there."""
    read_again = task.act == "verify" and request.kind in ("objection", "rectification")
    return task.holder != OWN and (task.act in TELLING or read_again)


@dataclass(frozen=True)
class Answer:
    """How an act ended: an outcome, an export, or what was read. `right` says whether that is as it should be."""

    outcome: Outcome | None = None
    exported: dict[str, Any] | None = None
    held: Sequence[Held] = ()
    right: bool = True
    needless: bool = False  # nothing there can be as it was asked
    packed: Packed | None = None  # an archive, that is to be put behind its link


def ours(act: str, holder: str) -> bool:
    """Is this an act that is done here or at a processor? Letters and forgetting come when everything is over."""
    return act in (HERE if holder == OWN else OUTSIDE)


# At a processor


def outside(act: str, processor: Processor, job: Job) -> Answer:
    """One act at a vendor. Raises `Retry` and `Rejected` as the verbs do; KeyError for an act that is ours alone."""
    return OUTSIDE[act](processor, job)


def _erase(processor: Processor, job: Job) -> Answer:
    """What a human kept until a day that has passed goes as it was kept: by its ids, and nothing else with it."""
    if kept := mailroom.going(job.objects):
        return Answer(cast("Gmail", processor).discard(kept))
    return Answer(selves.each(processor.erase, job.then))


def _export(processor: Processor, job: Job) -> Answer:
    return Answer(exported=selves.exported(processor, job.then))


def _rectify(processor: Processor, job: Job) -> Answer:
    """Who is restricted stays so: telling a list what is right about her puts nobody back on it."""
    if job.new_address and not processor.addressed:
        return Answer(needless=True)
    there = _corrected(job)
    if job.new_address:
        outcome = selves.moved(processor, job.then, there, job.new_address)
        there = replace(there, address=job.new_address)
    else:
        outcome = processor.rectify(there)
    if job.restricted and processor.name in LISTS:
        processor.restrict(there, True)
    return Answer(outcome)


def _corrected(job: Job) -> Profile:
    """Our own rows have been corrected before; somebody of whom we have none is corrected by what she wrote."""
    known: dict[str, Any] = {name: value for name, value in job.changes.items() if name in TOLD}
    return replace(job.today, **known)


def _restrict(processor: Processor, job: Job) -> Answer:
    return Answer(selves.each(lambda one: processor.restrict(one, True), job.today))


def _lift(processor: Processor, job: Job) -> Answer:
    return Answer(selves.each(lambda one: processor.restrict(one, False), job.today))


def _object(processor: Processor, job: Job) -> Answer:
    return Answer(_off(processor, job))


def _off(processor: Processor, job: Job) -> Outcome:
    """Whoever is known there by any of her addresses is taken off."""
    return selves.each(processor.push, replace(job.today, acquainted=True))


def _verify(processor: Processor, job: Job) -> Answer:
    """A read, whatever the writes said."""
    if job.kind == "objection":
        outcome = _off(processor, job)
        return Answer(held=selves.found(processor, job.then), right=outcome.state in OFF)
    if job.new_address:
        return _arrived(processor, job)
    held = selves.found(processor, job.then)
    if job.kind == "rectification":
        right = not held or _shows(processor.export(job.then), job)
        return Answer(held=_unchanging(processor, held) if right else held, right=right)
    return Answer(held=held)


def _unchanging(processor: Processor, held: Sequence[Held]) -> list[Held]:
    """What stays as it was written: letters, messages, documents."""
    return [one for one in held if one.kind not in processor.addressed]


def _arrived(processor: Processor, job: Job) -> Answer:
    """Is nothing found by an earlier address, and what was there by the new one? On a list only if she may be on it."""
    by_the_old = selves.formerly(processor, job.then, job.new_address)
    stale = [one for one in by_the_old if one.kind in processor.addressed]
    there = (
        processor.find(replace(job.today, address=job.new_address, typed="", refs={})) if processor.addressed else []
    )
    expected = any(one["kind"] in processor.addressed for one in job.objects)
    may_lack = not expected or (processor.name in LISTS and not job.today.granted)
    right = not stale and (may_lack or bool(there))
    return Answer(held=_unchanging(processor, [*by_the_old, *there]) if right else stale or there, right=right)


def _shows(exported: Mapping[str, Any], job: Job) -> bool:
    """Does nothing that was wrong stand there any more? A holder that never knew a value need not show the new one."""
    shown = str(exported)
    return all(new in shown or not old or old not in shown for old, new in _replaced(job))


def _replaced(job: Job) -> list[tuple[str, str]]:
    return [(str(getattr(job.then, name, "")), new) for name, new in job.changes.items()]


OUTSIDE: dict[str, Callable[[Processor, Job], Answer]] = {
    "erase": _erase,
    "export": _export,
    "rectify": _rectify,
    "restrict": _restrict,
    "lift": _lift,
    "object": _object,
    "verify": _verify,
}


# Here


def read(act: str, request_id: int, job: Job) -> Answer | None:
    """What of an act in our own tables only reads, and may take seconds. Nobody waits for it: no lock is held.

    None for every other act.
    """
    if act not in READS:
        return None
    with reading():
        return READS[act](db.session.get_one(PrivacyRequest, request_id), job)


def here(act: str, request: PrivacyRequest, job: Job) -> Answer:
    """One act in our own tables, in the caller's transaction. Twice is the same as once. KeyError for unknown acts."""
    return HERE[act](request, job)


def _stop(request: PrivacyRequest, job: Job) -> Answer:
    own.stop(job.then, request.word)
    return Answer(right=suppression.ALL in suppression.scopes(job.then.address))


def _withdraw(request: PrivacyRequest, job: Job) -> Answer:
    contact = _contact(request)
    if contact:
        consent.withdraw(contact, actor=request.actor, method=request.kind)
    return Answer(right=contact is None or not consent.granted(contact))


def _erase_here(_request: PrivacyRequest, job: Job) -> Answer:
    return Answer(own.erase(job.then))


def _export_here(request: PrivacyRequest, job: Job) -> Answer:
    return Answer(exported=own.export(job.then, request.lang))


def _archive(request: PrivacyRequest, _job: Job) -> Answer:
    return Answer(packed=archive.prepare(request))


def _rectify_here(request: PrivacyRequest, job: Job) -> Answer:
    values = {name: value for name, value in job.changes.items() if name != EMAIL}
    outcome = own.rectify(job.then, values, f"request:{request.id}") if values else Outcome("not_held")
    if job.new_address:
        outcome = Outcome("held" if moving.here(request, _contact(request), job.changes[EMAIL]) else "not_held")
    return Answer(outcome)


def _restrict_here(request: PrivacyRequest, job: Job) -> Answer:
    return Answer(own.restrict(job.then, True, request.word))


def _lift_here(request: PrivacyRequest, job: Job) -> Answer:
    own.restrict(job.then, False, request.word)
    contact = _contact(request)
    return Answer(right=contact is None or contact.restricted_at is None)


def _object_here(request: PrivacyRequest, job: Job) -> Answer:
    """Done as it arrived, and once more: she may have been met since."""
    objecting.at_once(job.then.address, _contact(request), request, request.actor)
    return Answer(Outcome("unsubscribed"))


def _verify_here(request: PrivacyRequest, job: Job) -> Answer:
    held, contact = own.find(job.then), _contact(request)
    if contact and request.kind == "objection":
        return Answer(held=held, right=not consent.granted(contact))
    if contact and request.kind == "restriction":
        return Answer(held=held, right=contact.restricted_at is not None)
    if contact and request.kind == "rectification":
        db.session.expire(contact)
        known = {value.field: value.value for value in contact.values} | {"lang": contact.lang}
        right = all(known.get(name, "") == new.strip() for name, new in job.changes.items())
        return Answer(held=held, right=right and job.new_address in ("", contact.address))
    return Answer(held=held)


def _contact(request: PrivacyRequest) -> Contact | None:
    known: Identity | None = identity.reveal(request.sealed)
    found = contacts.find(known.address) if known else None
    number = found.id if found else request.contact_id
    return contacts.lock(number) if number else None


HERE: dict[str, Callable[[PrivacyRequest, Job], Answer]] = {
    "stop": _stop,
    "withdraw": _withdraw,
    "erase": _erase_here,
    "export": _export_here,
    "archive": _archive,
    "rectify": _rectify_here,
    "restrict": _restrict_here,
    "lift": _lift_here,
    "object": _object_here,
    "verify": _verify_here,
}

READS = {act: HERE[act] for act in ("export", "archive")}
ALL = sorted({*HERE, *OUTSIDE})
