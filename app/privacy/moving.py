"""Correcting an e-mail address: nothing happens before whoever owns the new mailbox has shown it to be hers.

Whoever reads the old one is told twice: when it has been asked, with a button that stops it, and when it is done. An
address that is somebody else's here, or that we promised to leave alone, is looked at by a human.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from app import contacts, letters, outbox
from app.clock import now
from app.contacts import suppression
from app.contacts.addresses import canonical
from app.contacts.models import Contact
from app.contacts.readdressing import EMAIL, arrived
from app.extensions import db
from app.privacy import denial, identity, links, standing, throttle
from app.privacy.errors import NotPossible
from app.privacy.identity import Identity
from app.privacy.models import OPEN, SETTLED, PrivacyLink, PrivacyRequest, PrivacyTask
from app.privacy.own.moving import move
from app.privacy.phases import OWN
from app.sites.models import Site
from app.sync import service as sync

STOP = "stop"  # a link's use: the old mailbox says no
OPEN_FOR = timedelta(days=7)  # as long as a request waits to be proven
MOST = (5, timedelta(hours=24))  # new addresses that one person may try
NOT_BEGUN = ("identity_pending", "received", "planned", "awaiting_approval")
WAITS = PrivacyRequest.state == "identity_pending"

TAKEN = (
    "The new address belongs to another contact here. Are both the same person? Then delete the other contact by a "
    "request of its own, and try again. If not, or if you cannot know, refuse this request."
)
BARRED = (
    "The new address is one that we promised to leave alone. If the change is made, that promise stands: nothing but "
    "answers to requests is sent there until the person says yes again. Approve it, or refuse it."
)
BUSY = "Another request of this person is under way. Wait until it has ended, then try again."
SHARED = "What is held there is somebody else's as well. Change the address there by hand, where it is this person's."


def wanted(request: PrivacyRequest) -> str:
    """The new address that a request is about, as it was typed; empty where it is about something else."""
    return str(identity.unseal(request.wishes).get("changes", {}).get(EMAIL, ""))


def new_of(changes: Any) -> str:
    """The canonical form of the new address among changes; empty where there is none. Raises InvalidAddress."""
    return canonical(changes[EMAIL]).canonical if changes.get(EMAIL) else ""


# Asking


def ask(request: PrivacyRequest, known: Identity, network: str) -> None:
    """Write to both mailboxes, in the caller's transaction. An earlier question of hers that waits is taken back.

    Where the new address, or she, has had too many such letters, none is written: nobody learns of it.
    """
    new, hers = Identity(new_of({EMAIL: wanted(request)}), wanted(request)), _others(request, known.address)
    for earlier in db.session.scalars(select(PrivacyRequest).where(*hers, WAITS)).all():
        denial.cancel(earlier, request.actor)
    if throttle.refused(new.address, network) or _too_many(hers):
        return
    site = db.session.get_one(Site, request.site_id)
    about: dict[str, Any] = {"request": request, "site": site, "lang": request.lang}
    prove = links.open(links.PROVE, new, network=network, **about)
    stop = links.open(STOP, known, lives=OPEN_FOR, **about)
    for kind, link in (("privacy_address", prove), ("privacy_moving", stop)):
        _write(kind, request, link)


def _write(kind: str, request: PrivacyRequest, link: PrivacyLink) -> None:
    site = db.session.get_one(Site, request.site_id)
    refs = {"request": request.id, "link": link.id}
    letters.write(kind, contact=None, site=site, lang=request.lang, refs=refs)


def _others(request: PrivacyRequest, address: str) -> tuple[Any, ...]:
    mine = (PrivacyRequest.address_mac.in_(identity.macs(address)), PrivacyRequest.kind == request.kind)
    return (*mine, PrivacyRequest.id != request.id)


def _too_many(hers: tuple[Any, ...]) -> bool:
    most, window = MOST
    tried = PrivacyRequest.state.in_(("cancelled", "expired", "identity_pending"))
    recent = select(func.count()).where(*hers, tried, PrivacyRequest.received_at > now() - window)
    return (db.session.scalar(recent) or 0) >= most


def is_new(link: PrivacyLink, request: PrivacyRequest) -> bool:
    """Does this link prove a new mailbox, and not that of whoever asked?"""
    return bool(wanted(request)) and link.address_mac != request.address_mac


# Stopping


def stoppable(link: PrivacyLink) -> bool:
    """Is it only being asked for?"""
    request = db.session.get(PrivacyRequest, link.request_id)
    return request is not None and request.state in OPEN and not any(task.started_at for task in request.tasks)


def stop(link: PrivacyLink) -> bool:
    """Whoever reads the old mailbox says no. False when it is too late. The caller holds the link."""
    request = db.session.get_one(PrivacyRequest, link.request_id)
    try:
        denial.cancel(request, "subject")
    except NotPossible:
        return False
    links.spend(link)
    return True


# What a human must look at


def doubt(request: PrivacyRequest) -> str:
    """Why somebody must say yes before it begins, in plain English; empty where nobody need."""
    new = new_of({EMAIL: wanted(request)})
    return BARRED if new and suppression.scopes(new) and _person(request, new) is None else ""


def _person(request: PrivacyRequest, new: str) -> Contact | None:
    """Herself, where she goes by the new address already."""
    found = contacts.find(new)
    return found if found and found.id == request.contact_id else None


def in_the_way(request: PrivacyRequest, task: PrivacyTask) -> str:
    """Why this correction must wait for a human, in plain English; empty where it need not."""
    new = new_of({EMAIL: wanted(request)})
    other = contacts.find(new) if new else None
    if other and other.id != request.contact_id:
        return TAKEN
    if not new or task.holder != OWN:
        return SHARED if new and any(one.get("shared") for one in identity.thaw(task.sealed)[1]) else ""
    if not request.approved_by and doubt(request):
        return BARRED
    return BUSY if _others_run(request) else ""


def by_hand(task: PrivacyTask) -> bool:
    """May a human do this instead? Not here: whom the other holders are told of is read from our own row."""
    return (task.holder, task.act) != (OWN, "rectify")


def _others_run(request: PrivacyRequest) -> bool:
    mine = (PrivacyRequest.contact_id == request.contact_id, PrivacyRequest.id != request.id)
    running = select(PrivacyRequest.id).where(*mine, PrivacyRequest.state.in_(standing.RUNNING))
    return request.contact_id is not None and db.session.scalar(running.limit(1)) is not None


# Doing


def here(request: PrivacyRequest, contact: Contact | None, display: str) -> bool:
    """In our own tables, in the caller's transaction, who holds request and contact. Twice is once. False: not known.

    From here on her requests are found by the new address, and answered there.
    """
    before, new = identity.reveal(request.sealed), new_of({EMAIL: display})
    if contact:
        move(contact, new, display, f"request:{request.id}")
    known = Identity.of(contact) if contact else Identity(new, display)
    if before and before.address != new:
        _find_by(before.address, known)
        _tell_the_old_one(request)
    request.sealed = identity.hide(known)
    db.session.flush()
    return contact is not None


def _find_by(old: str, known: Identity) -> None:
    """Every request of hers. Those that have not begun are about her new address, too."""
    mine = PrivacyRequest.address_mac.in_(identity.macs(old))
    for row in db.session.scalars(select(PrivacyRequest).where(mine)).all():
        row.address_mac = identity.mac(known.address)
        if row.state in NOT_BEGUN:
            row.sealed = identity.hide(known)
    db.session.flush()


def _tell_the_old_one(request: PrivacyRequest) -> None:
    told = select(PrivacyLink).where(PrivacyLink.request_id == request.id, PrivacyLink.use == STOP)
    link = db.session.scalar(told)
    if link and link.sealed:
        _write("privacy_moved", request, link)


def there(request: PrivacyRequest, task: PrivacyTask) -> None:
    """A processor has been read, or a human has seen to it: from now on it is told of her as usual."""
    over = task.act == "verify" and task.holder != OWN and task.state in SETTLED
    contact = contacts.lock(request.contact_id) if over and request.contact_id and wanted(request) else None
    if contact:
        arrived(contact, task.holder)
        outbox.enqueue("search.contact", contact.id)  # no more by the old address
        sync.push_soon(contact.id, task.holder)
