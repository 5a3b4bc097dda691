"""Acts in our own tables: a few statements, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable

from app import contacts
from app.consent import service as consent
from app.contacts import suppression
from app.contacts.models import Contact
from app.contacts.readdressing import EMAIL
from app.extensions import db, reading
from app.privacy import archive, identity, moving, objecting, own
from app.privacy.acts.job import Answer, Job
from app.privacy.identity import Identity
from app.privacy.models import PrivacyRequest
from app.processors.base import Outcome


def here(act: str, request: PrivacyRequest, job: Job) -> Answer:
    """One act in our own tables, in the caller's transaction. Twice is the same as once. KeyError for unknown acts."""
    return HERE[act](request, job)


def read(act: str, request_id: int, job: Job) -> Answer | None:
    """What of an act in our own tables only reads, and may take seconds. Nobody waits for it: no lock is held.

    None for every other act.
    """
    if act not in READS:
        return None
    with reading():
        return READS[act](db.session.get_one(PrivacyRequest, request_id), job)


def _stop(request: PrivacyRequest, job: Job) -> Answer:
    own.stop(job.then, request.word)
    return Answer(right=suppression.ALL in suppression.scopes(job.then.address))


def _withdraw(request: PrivacyRequest, job: Job) -> Answer:
    contact = _contact(request)
    if contact:
        consent.withdraw(contact, actor=request.actor, method=request.kind)
    return Answer(right=contact is None or not consent.granted(contact))


def _erase(_request: PrivacyRequest, job: Job) -> Answer:
    return Answer(own.erase(job.then))


def _export(request: PrivacyRequest, job: Job) -> Answer:
    return Answer(exported=own.export(job.then, request.lang))


def _archive(request: PrivacyRequest, _job: Job) -> Answer:
    return Answer(packed=archive.prepare(request))


def _rectify(request: PrivacyRequest, job: Job) -> Answer:
    values = {name: value for name, value in job.changes.items() if name != EMAIL}
    outcome = own.rectify(job.then, values, f"request:{request.id}") if values else Outcome("not_held")
    if job.new_address:
        outcome = Outcome("held" if moving.here(request, _contact(request), job.changes[EMAIL]) else "not_held")
    return Answer(outcome)


def _restrict(request: PrivacyRequest, job: Job) -> Answer:
    return Answer(own.restrict(job.then, True, request.word))


def _lift(request: PrivacyRequest, job: Job) -> Answer:
    own.restrict(job.then, False, request.word)
    contact = _contact(request)
    return Answer(right=contact is None or contact.restricted_at is None)


def _object(request: PrivacyRequest, job: Job) -> Answer:
    """Done as it arrived, and once more: she may have been met since."""
    objecting.at_once(job.then.address, _contact(request), request, request.actor)
    return Answer(Outcome("unsubscribed"))


def _verify(request: PrivacyRequest, job: Job) -> Answer:
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
    "erase": _erase,
    "export": _export,
    "archive": _archive,
    "rectify": _rectify,
    "restrict": _restrict,
    "lift": _lift,
    "object": _object,
    "verify": _verify,
}

READS = {act: HERE[act] for act in ("export", "archive")}
