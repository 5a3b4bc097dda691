"""Other names that a holder knows a person by, and objects there that are not hers alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from app import contacts
from app.billing.models import StripeCustomer
from app.contacts.models import Contact
from app.contacts.readdressing import MOVING
from app.crypto import keyring
from app.extensions import db
from app.processors.base import Held, Outcome, Processor, Profile
from app.sync.notices import MOVED

ADDRESSES = "addresses"  # in a profile's refs: where she has moved to at this holder
WORST = ("manual", "pending", "kept", "erased", "unsubscribed", "held", "subscribed", "not_held")


def named(profile: Profile, contact: Contact, holder: str) -> Profile:
    """With the address that she has changed to at this holder, or not yet. What is somebody else's here is not hers."""
    names = (f"{MOVED}{holder}", f"{MOVING}{holder}")
    moved = [value.value for value in contact.values if value.field in names and not contacts.find(value.value)]
    return replace(profile, refs={**profile.refs, ADDRESSES: moved}) if moved else profile


def selves(profile: Profile) -> Iterator[Profile]:
    """The person by each of her addresses there."""
    yield profile
    for address in profile.refs.get(ADDRESSES, ()):
        yield replace(profile, address=address, typed=address)


def found(processor: Processor, profile: Profile) -> list[Held]:
    """Every object under every name."""
    return [held for one in selves(profile) for held in processor.find(one)]


def exported(processor: Processor, profile: Profile) -> dict[str, Any]:
    shown, *moved = [processor.export(one) for one in selves(profile)]
    others = [one for one in moved if one]
    return {**shown, "moved": others} if others else shown


def each(verb: Callable[[Profile], Outcome], profile: Profile) -> Outcome:
    """A verb under every name: the outcome that leaves most to be done."""
    return min((verb(one) for one in selves(profile)), key=lambda outcome: WORST.index(outcome.state))


def moved(processor: Processor, then: Profile, today: Profile, new: str) -> Outcome:
    """Every address by which a holder knew her becomes the new one. `then` is how it knew her, `today` who she is."""
    olds = [one for one in selves(then) if one.address != new]
    known = [replace(today, address=one.address, typed=one.typed, refs=then.refs) for one in olds]
    return min((processor.rectify(one, new) for one in known), key=lambda outcome: WORST.index(outcome.state))


def formerly(processor: Processor, then: Profile, new: str) -> list[Held]:
    """What is still found by an earlier address. Ids are forgotten: they find her anyhow."""
    olds = [replace(one, refs={}) for one in selves(then) if one.address != new]
    return [held for one in olds for held in processor.find(one)]


def shared(holder: str, profile: Profile, objects: Sequence[Held]) -> set[str]:
    """Ids of objects that are somebody else's as well: by our own map, or by the address that stands there."""
    ids = [one.id for one in objects if one.kind == "customer"] if holder == "stripe" else []
    if not ids:
        return set()
    contact = contacts.find(profile.address)
    mine = {"", *keyring().macs("stripe", profile.address.encode())}
    rows = db.session.scalars(select(StripeCustomer).where(StripeCustomer.id.in_(ids)))
    return {row.id for row in rows if row.address_mac not in mine or _whose(row, contact)}


def _whose(row: StripeCustomer, contact: Contact | None) -> bool:
    return row.contact_id is not None and row.contact_id != (contact.id if contact else None)
