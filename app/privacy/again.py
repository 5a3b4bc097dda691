"""One person's part of a replay: what she asked for once is done again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from app import contacts, journal
from app.consent import service as consent
from app.contacts import suppression
from app.contacts.models import Contact, Suppression
from app.contacts.upsert import insert
from app.crypto import keyring
from app.extensions import db
from app.journal.notes import Line
from app.privacy import opening, own, planning
from app.privacy.models import PrivacyRequest
from app.processors.base import Profile
from app.sites.models import Site
from app.sites.service import home

if TYPE_CHECKING:
    from app.privacy.journal import Replayed

ORIGIN = METHOD = "replay"
ACTOR = "system"


def do(address: str, lines: Sequence[Line], found: Replayed) -> None:
    """All that these lines say, the oldest first. What she did after a line, and the database knows of, stands."""
    contact = contacts.find(address)
    _elsewhere(address, lines)
    found.moved += sum(line.op == journal.MOVE for line in lines)
    erased = [line for line in lines if line.op == "erase" and not _came_after(contact, line)]
    if erased:
        _erase(address, contact)
        found.erased += 1
        return
    found.withdrawn += sum(_withdraw(address, contact, line) for line in lines if line.op == "withdraw")
    if marks := [line for line in lines if line.op in ("restrict", "lift", journal.MOVE)]:
        # Where she has gone, no journal says. Until she says it again, nobody writes to a mailbox that she has left.
        _restrict(address, contact, marks[-1].op != "lift", found)


def _elsewhere(address: str, lines: Sequence[Line]) -> None:
    """What she asked for by an address that this database does not know yet holds for that address, too."""
    known = set(journal.address_macs(keyring(), address))
    for line in lines:
        if line.mac not in known:
            leave_alone(line.mac, [line])


def _came_after(contact: Contact | None, line: Line) -> bool:
    return contact is not None and contact.created_at > line.at


def _erase(address: str, contact: Contact | None) -> None:
    """Here she is silenced at once, so that nothing that waits is sent; a request then goes to every processor."""
    site, lang = _site(contact), contact.lang if contact else ""
    typed = contact.display if contact else ""
    request = opening.open_identified(
        "erasure",
        address,
        site=site,
        lang=lang or site.languages[0],
        origin=ORIGIN,
        actor=ACTOR,
        identified_by="journal",
        typed=typed,
    )
    own.stop(Profile(address, typed=typed), request.word)
    if request.duplicate_of:
        _go_on(request.duplicate_of)


def _go_on(number: int) -> None:
    """The backup knows of her request, and not of its approval: it had begun, or there would be no line."""
    first = db.session.get_one(PrivacyRequest, number)
    if first.state == "awaiting_approval":
        with suppress(planning.PlanChanged):  # plugins have come or gone: then a human looks once more
            planning.approve(first, ACTOR)


def _site(contact: Contact | None) -> Site:
    site = home(contact.site_id if contact else None)
    if site is None:
        raise LookupError("there is no site; load the forms first")
    return site


def _withdraw(address: str, contact: Contact | None, line: Line) -> bool:
    if contact is None:
        leave_alone(line.mac, [line])
        return True
    everything = suppression.ALL in line.scope.split(",")
    purposes = None if everything else line.scope.split(",")
    if everything and not _came_after(contact, line):
        suppression.suppress(address, suppression.ALL, "withdrawn")
    return bool(consent.withdraw(contact, purposes, actor=ACTOR, method=METHOD, at=line.at))


def _restrict(address: str, contact: Contact | None, on: bool, found: Replayed) -> None:
    if contact is None or (contact.restricted_at is not None) == on:
        return
    own.restrict(Profile(address), on)
    found.restricted += on
    found.lifted += not on


def leave_alone(mac: str, lines: Sequence[Line]) -> None:
    """Of somebody who is not known here the hash alone comes back: no list and no form may bring her in unasked."""
    for line in lines:
        reason = "erased" if line.op == "erase" else "withdrawn"
        scopes = [suppression.ALL] if line.op == "erase" else line.scope.split(",") if line.op == "withdraw" else []
        for scope in filter(None, scopes):
            row = insert(Suppression).values(mac=mac, scope=scope, reason=reason)
            db.session.execute(row.on_conflict_do_nothing())
