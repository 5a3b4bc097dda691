"""The verbs at Google Contacts.

A person is a contact under one label. Nobody becomes one without a consent. Nobody but staff can take a contact off
the label, and that is no withdrawal: the ledger says who belongs there.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from app.processors.base import Cap, Held, Member, Outcome, Pace, Processor, Profile, Retry
from app.processors.google import person
from app.processors.google import settings as google
from app.processors.google.auth import CONTACTS, OTHERS
from app.processors.google.limit import Limit
from app.processors.google.problem import Problem

if TYPE_CHECKING:
    from app.processors.google.book import Book
    from app.processors.google.person import Person

BATCH = 200  # the most contacts that one call makes
LAG = timedelta(minutes=15)
RATE = (1.5, 30.0)  # per second and at once: 90 a minute for one user
OTHER = "Open contacts.google.com, “Other contacts”, search for the person and delete: no program can do that."
SHARED = "Contacts that staff made hold other addresses too: decide at contacts.google.com whether they go."
TAIL = "Contacts deleted there stay in the trash of contacts.google.com for 30 days."


class Contacts(Processor):
    """The contacts of one user."""

    name = "google_contacts"
    addressed = frozenset({"contact"})
    cap = Cap(*RATE)

    def __init__(self, settings: google.Settings, label: str, limit: Limit | None = None) -> None:
        self._settings, self._label = settings, label
        self._limit = limit or Limit(*RATE)
        self._lock = threading.Lock()
        self._made: Book | None = None

    def share(self, pace: Pace) -> None:
        self._limit.shared = pace

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Contacts:
        """Raises `ValueError` naming the setting that is missing or wrong."""
        label = str(config["GOOGLE_CONTACTS_GROUP"]).strip()
        if not label or "/" in label:
            raise ValueError("GOOGLE_CONTACTS_GROUP must be the name of a label, without a slash")
        return cls(google.read(config), label)

    def push(self, profile: Profile) -> Outcome:
        if not profile.granted and not profile.acquainted:
            return Outcome("not_held")
        return self._settle(profile, self._book.known(profile.address))

    def push_many(self, profiles: Iterable[Profile]) -> Iterator[tuple[Profile, Outcome]]:
        """New contacts are made by the two hundred; everybody else takes the way of `push`."""
        rest = iter(profiles)
        while chunk := list(islice(rest, BATCH)):
            known = self._book.known_many([profile.address for profile in chunk])
            self._introduce([profile for profile in chunk if profile.granted and not known[profile.address]], known)
            for profile in chunk:
                yield profile, self._settle(profile, known[profile.address])

    def find(self, profile: Profile) -> list[Held]:
        """Contacts, and what Google has collected. Lists lag behind, so every contact is read before it is believed."""
        contacts = [Held("contact", held["resourceName"]) for held in self._contacts(profile.address)]
        return contacts + [Held("other_contact", held["resourceName"]) for held in self._others(profile.address)]

    def export(self, profile: Profile) -> dict[str, Any]:
        names = [held["resourceName"] for held in self._contacts(profile.address)]
        read = filter(None, (self._book.read(name, person.EVERYTHING) for name in names))
        shown = {
            "contacts": [person.shown(held) for held in read],
            "other_contacts": [person.shown(held) for held in self._others(profile.address)],
        }
        return {name: rows for name, rows in shown.items() if rows}

    def erase(self, profile: Profile) -> Outcome:
        """Delete each contact, and read that it is gone. Shared ones and Google's own collection are for a human."""
        held = self._contacts(profile.address)
        shared = [row for row in held if not person.ours(row) and set(person.addresses(row)) != {profile.address}]
        alone = [row["resourceName"] for row in held if row not in shared]
        for name in alone:
            self._book.delete(name)
        if any(self._book.read(name) for name in alone):
            return Outcome("pending", "Google has not deleted yet.", check_at=datetime.now(UTC) + LAG)
        left = [text for text, rows in ((SHARED, shared), (OTHER, self._others(profile.address))) if rows]
        if left:
            return Outcome("manual", " ".join(left))
        return Outcome("erased", TAIL) if alone or profile.acquainted else Outcome("not_held")

    def rectify(self, profile: Profile, new_address: str = "") -> Outcome:
        """The new address stands where the old one did, also on contacts that staff made; their others stay."""
        if not new_address:
            return self.push(profile)
        held, there = self._contacts(profile.address), replace(profile, address=new_address, typed="")
        for row in held:
            self._book.update(row, person.readdressed(row, profile.address, new_address))
        if self._contacts(profile.address):
            raise Retry("Google Contacts still shows the old address")
        known = self._contacts(new_address)
        if not known:
            return Outcome("not_held")
        outcome = self._settle(there, known)
        return outcome if outcome.state != "not_held" else Outcome("held")

    def restrict(self, profile: Profile, restricted: bool) -> Outcome:
        """Off the label, and kept."""
        if not restricted:
            return self.push(profile)
        known = self._book.known(profile.address)
        for held in known:
            self._take_off(held)
        return Outcome("held" if known else "not_held")

    def members(self) -> Iterator[Member]:
        """Whoever is under the label, and whoever we ever put there."""
        group = self._book.group
        for held in self._book.everybody():
            inside = group in person.groups(held)
            if inside or person.ours(held):
                yield from (Member(address, inside) for address in person.addresses(held)[:1])

    def ping(self) -> str:
        return f"Google Contacts answers: label “{self._label}”, contacts: {self._book.members()}"

    def _settle(self, profile: Profile, known: list[Person]) -> Outcome:
        if not profile.granted and not profile.acquainted:
            return Outcome("not_held")
        return self._subscribe(profile, known) if profile.granted else self._unsubscribe(profile, known)

    def _introduce(self, new: list[Profile], known: dict[str, list[Person]]) -> None:
        """Make them all at once, and take down what was made."""
        made = self._book.create_many([person.body(profile, self._book.group) for profile in new]) if new else []
        for held in made:
            for address in set(person.addresses(held)) & set(known):
                known[address].append(held)

    def _subscribe(self, profile: Profile, known: list[Person]) -> Outcome:
        mine = [held for held in known if person.ours(held)]
        for surplus in mine[1:]:  # made by two processes at once
            self._book.delete(surplus["resourceName"])
        first = known[0] if known else self._book.create(person.body(profile, self._book.group))
        self._tell(profile, first)
        if not any(self._book.group in person.groups(held) for held in known or [first]):
            self._book.add([first["resourceName"]])
            self._confirm(first, inside=True)
        return Outcome("subscribed")

    def _unsubscribe(self, profile: Profile, known: list[Person]) -> Outcome:
        for held in known:
            self._tell(profile, self._take_off(held))
        return Outcome("unsubscribed" if known else "not_held")

    def _take_off(self, held: Person) -> Person | None:
        """The contact as it reads without the label."""
        if self._book.group not in person.groups(held):
            return held
        self._book.remove(held["resourceName"])
        return self._confirm(held, inside=False)

    def _tell(self, profile: Profile, held: Person | None) -> None:
        """Bring the fields in line. Where somebody else has just changed the contact, look again, once."""
        try:
            self._change(profile, held)
        except Problem as problem:
            if not (problem.status == 400 and problem.says("failedPrecondition") and held):
                raise
            self._change_again(profile, held["resourceName"])

    def _change_again(self, profile: Profile, name: str) -> None:
        try:
            self._change(profile, self._book.read(name))
        except Problem as problem:
            if not problem.says("failedPrecondition"):
                raise
            raise Retry("The contact is being changed by somebody else") from None

    def _change(self, profile: Profile, held: Person | None) -> None:
        fields = person.changes(profile, held) if held else {}
        if held and fields:
            self._book.update(held, fields)

    def _confirm(self, held: Person, inside: bool) -> Person | None:
        after = self._book.read(held["resourceName"])
        if after and (self._book.group in person.groups(after)) is not inside:
            raise Retry("Google Contacts has not changed the label yet")
        return after

    def _contacts(self, address: str) -> list[Person]:
        listed = [row["resourceName"] for row in self._book.everybody() if address in person.addresses(row)]
        found = filter(None, map(self._book.read, sorted(listed)))
        return [held for held in found if address in person.addresses(held)]

    def _others(self, address: str) -> list[Person]:
        return [held for held in self._book.others() if address in person.addresses(held)]

    @property
    def _book(self) -> Book:
        """Made at first use: a process that never calls Google need not pay for its library."""
        with self._lock:
            if self._made is None:
                from app.processors.google.book import Book
                from app.processors.google.service import Client

                scopes = [CONTACTS, OTHERS]
                client = Client("people.v1", self._settings, self._settings.subject, scopes, self._limit)
                self._made = Book(client, self._label)
            return self._made
