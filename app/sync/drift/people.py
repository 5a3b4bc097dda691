"""Who is on a list, one bit a person, and strangers by the batch. Memory does not grow with the length of the list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy import select

from app.contacts import suppression
from app.contacts.addresses import InvalidAddress, canonical
from app.contacts.models import Contact, Suppression
from app.crypto import keyring
from app.extensions import db
from app.processors.base import Member

BATCH = 500


class Bits:
    """A set of contact ids, one bit each: 25 kB for 200,000 people."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def add(self, number: int) -> None:
        place, bit = divmod(number, 8)
        if place >= len(self._bytes):
            self._bytes.extend(bytes(place - len(self._bytes) + 1))
        self._bytes[place] |= 1 << bit

    def __contains__(self, number: int) -> bool:
        place, bit = divmod(number, 8)
        return place < len(self._bytes) and bool(self._bytes[place] >> bit & 1)


@dataclass
class There:
    """Whom a list holds as subscribed: people of ours as bits, the others as numbers."""

    members: int = 0
    strangers: int = 0
    barred: int = 0  # strangers whom we promised to leave alone
    ours: Bits = field(default_factory=Bits)

    def take(self, members: Sequence[Member]) -> list[tuple[str, bool]]:
        """Count a batch. Returns the strangers in it: address, and whether they are to be left alone."""
        on = [_canonical(member.address) for member in members if member.subscribed]
        known = _known(on)
        for contact_id in known.values():
            self.ours.add(contact_id)
        strangers = [address for address in on if address not in known]
        silent = _silent(strangers)
        self.members += len(on)
        self.strangers += len(strangers)
        self.barred += len(silent)
        return [(address, address in silent) for address in strangers]


def batches(members: Iterable[Member]) -> Iterator[list[Member]]:
    rest = iter(members)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _canonical(address: str) -> str:
    try:
        return canonical(address).canonical
    except InvalidAddress:
        return address.lower()


def _known(addresses: Sequence[str]) -> dict[str, int]:
    rows = select(Contact.address, Contact.id).where(Contact.address.in_(addresses))
    return {row.address: row.id for row in db.session.execute(rows)}


def _silent(addresses: Sequence[str]) -> set[str]:
    macs = {mac: address for address in addresses for mac in keyring().macs(suppression.KEY, address.encode())}
    rows = select(Suppression.mac).where(Suppression.mac.in_(macs), Suppression.scope == suppression.ALL)
    return {macs[mac] for mac in db.session.scalars(rows)}


def masked(address: str) -> str:
    """Enough to recognise somebody by who knows them: `k…@example.no`."""
    local, at, domain = address.partition("@")
    return f"{local[:1]}…{at}{domain}"[:254]
