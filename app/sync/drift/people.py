"""Who is on a list, one bit a person and purpose, and strangers by the batch. Memory does not grow with the list."""

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
from app.processors.base import ANY, Member

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
    """Whom a processor holds as subscribed: people of ours as bits, by purpose, and the others as numbers.

    What else people are tagged with there is not ours to compare.
    """

    lists: dict[str, Bits] = field(default_factory=lambda: {ANY: Bits()})
    run: dict[str, Bits] = field(default_factory=dict)  # the same of those who run a list
    members: int = 0
    strangers: int = 0
    barred: int = 0  # strangers whom we promised to leave alone

    @classmethod
    def empty(cls, purposes: Iterable[str]) -> There:
        names = frozenset(purposes)
        return cls({purpose: Bits() for purpose in names}, {purpose: Bits() for purpose in names})

    def on(self, contact_id: int, wanted: set[str]) -> set[str]:
        """The purposes for which somebody is on a list. Whoever runs one is as good as on it where she is wanted."""
        return _of(self.lists, contact_id) | (_of(self.run, contact_id) & wanted)

    def wanted(self, granted: set[str]) -> set[str]:
        """The purposes for which somebody belongs on a list, who says yes to these."""
        return self.lists.keys() & {ANY, *granted} if granted else set()

    def take(self, members: Sequence[Member]) -> list[tuple[str, bool]]:
        """Count a batch. Returns the strangers in it: address, and whether they are to be left alone."""
        on = [(_canonical(member.address), member) for member in members if member.subscribed or member.runs]
        known = _known([address for address, _ in on])
        for address, member in on:
            if address in known:
                _put(self.run if member.runs else self.lists, known[address], member.purposes)
        new = [address for address, member in on if not (member.again or member.runs)]
        strangers = [address for address in new if address not in known]
        silent = _silent(strangers)
        self.members += len(new)
        self.strangers += len(strangers)
        self.barred += len(silent)
        return [(address, address in silent) for address in strangers]


def _put(lists: dict[str, Bits], contact_id: int, purposes: frozenset[str]) -> None:
    for purpose in lists.keys() & purposes:
        lists[purpose].add(contact_id)


def _of(lists: dict[str, Bits], contact_id: int) -> set[str]:
    return {purpose for purpose, bits in lists.items() if contact_id in bits}


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
