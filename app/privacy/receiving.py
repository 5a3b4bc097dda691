"""What happens once it is known who asks: the request is received, once, and the work is asked for."""

from __future__ import annotations

from dataclasses import replace

from app import letters, outbox
from app.clock import iso, now
from app.contacts import service as contacts
from app.contacts.models import Contact
from app.extensions import db
from app.privacy import duplicates, identity, moving, objecting
from app.privacy.identity import Identity
from app.privacy.models import PrivacyRequest
from app.privacy.service import move
from app.sites.models import Site

SILENT = {"replay"}  # origins of which the person has been told already


def receive(request: PrivacyRequest, known: Identity, actor: str, identified_by: str) -> None:
    """It is she who asks. The caller holds her address (`duplicates.hold`), and the request where it is not new."""
    request.proven_at, request.identified_by = now(), request.identified_by or identified_by
    contact = _person(known)
    if request.kind == "objection":  # a repeat too: she may have said yes to something since
        objecting.at_once(known.address, contact, request, actor)
    first = duplicates.first_of(request)
    if first:
        duplicates.end(request, first, actor)
    else:
        _received(request, known, contact, actor)


def _received(request: PrivacyRequest, known: Identity, contact: Contact | None, actor: str) -> None:
    if contact:
        request.contact_id = contact.id
        request.sealed = identity.hide(replace(Identity.of(contact), typed=known.typed or contact.display))
    facts = {"kind": request.kind, "ground": request.ground, "origin": request.origin, "due": iso(request.due_at)}
    move(request, "received", actor, facts)
    outbox.enqueue("privacy.plan", request.id)
    if request.origin not in SILENT and not moving.wanted(request):  # of that both mailboxes know
        _acknowledge(request)


def _person(known: Identity) -> Contact | None:
    contact = contacts.find(known.address)
    return contacts.lock(contact.id) if contact else None


def _acknowledge(request: PrivacyRequest) -> None:
    site = db.session.get_one(Site, request.site_id)
    letters.write("privacy_opened", contact=None, site=site, lang=request.lang, refs={"request": request.id})
