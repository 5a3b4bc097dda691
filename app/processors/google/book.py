"""One user's contacts: what we read there and what we write.

Searching by Google's own call finds the first letters of words in an index that must be warmed up and lags behind; so
everything is listed, and compared here. Writes go one after another, as Google asks:
https://developers.google.com/people/v1/contacts.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from app.processors.base import Retry
from app.processors.google import person
from app.processors.google.person import Person
from app.processors.google.problem import Problem
from app.processors.google.service import Client, Data, said

PAGE = 1000  # the most Google lists at once
BATCH = 200  # the most contacts that one call reads or makes
FRESH = 60.0  # seconds for which the index of addresses is trusted; Google's own lags for minutes
ME = "people/me"


class Book:
    """Reads say what is there; a write is read again before it is believed."""

    def __init__(self, client: Client, label: str) -> None:
        self._client, self._label = client, label
        self._people = client.api.people()
        self._groups = client.api.contactGroups()
        self._lock, self._turn = threading.RLock(), threading.Lock()
        self._group = ""
        self._index: dict[str, set[str]] = {}
        self._rows: dict[str, list[str]] = {}
        self._token, self._read_at = "", 0.0

    def everybody(self) -> Iterator[Person]:
        """Every contact, as of now."""
        for page in self._connections():
            yield from page.get("connections", [])

    def others(self) -> Iterator[Person]:
        """Addresses that Google has collected by itself."""
        query = {"pageSize": PAGE, "readMask": "emailAddresses,names", "requestSyncToken": True}
        for page in self._whole(self._client.api.otherContacts(), query):
            yield from page.get("otherContacts", [])

    def known(self, address: str) -> list[Person]:
        """The contacts with this address, ours first, read afresh. May miss one made elsewhere a minute ago."""
        return self.known_many([address])[address]

    def known_many(self, addresses: Sequence[str]) -> dict[str, list[Person]]:
        """The same for several, with one call for every two hundred contacts."""
        with self._lock:
            self._refresh()
            names = {name for address in addresses for name in self._index.get(address, ())}
        found: dict[str, list[Person]] = {address: [] for address in addresses}
        for held in sorted(self._read_many(sorted(names)), key=lambda row: (not person.ours(row), row["resourceName"])):
            for address in set(person.addresses(held)) & set(found):
                found[address].append(held)
        return found

    def read(self, name: str, fields: str = person.FIELDS) -> Person | None:
        """One contact; None where it is gone."""
        try:
            held = self._client.run(self._people.get(resourceName=name, personFields=fields))
        except Problem as problem:
            if problem.status != 404:
                raise
            self._forget(name)
            return None
        said(held, "resourceName")
        return held

    def _read_many(self, names: Sequence[str]) -> Iterator[Person]:
        if len(names) == 1:
            yield from filter(None, [self.read(names[0])])
            return
        for start in range(0, len(names), BATCH):
            asked = list(names[start : start + BATCH])
            request = self._people.getBatchGet(resourceNames=asked, personFields=person.FIELDS)
            for row in said(self._client.run(request), "responses"):
                if row.get("person", {}).get("resourceName"):
                    yield row["person"]
                elif row.get("requestedResourceName"):
                    self._forget(row["requestedResourceName"])

    def create(self, body: Data) -> Person:
        made = self._written(self._people.createContact(body=body, personFields=person.FIELDS))
        said(made, "resourceName")
        self._note(made)
        return made

    def create_many(self, bodies: Sequence[Data]) -> list[Person]:
        """At most 200 at once."""
        body = {"contacts": [{"contactPerson": row} for row in bodies], "readMask": person.FIELDS}
        made = said(self._written(self._people.batchCreateContacts(body=body)), "createdPeople")
        found = [row["person"] for row in made if row.get("person", {}).get("resourceName")]
        for held in found:
            self._note(held)
        return found

    def update(self, held: Person, fields: dict[str, Any]) -> None:
        """Raises `Problem` 400 `failedPrecondition` where the contact has changed since it was read."""
        name, mask = held["resourceName"], ",".join(sorted(fields))
        body = person.update(held, fields)
        self._written(self._people.updateContact(resourceName=name, updatePersonFields=mask, body=body))

    def add(self, names: Iterable[str]) -> None:
        """Into the group."""
        self._modify({"resourceNamesToAdd": sorted(names)})

    def remove(self, name: str) -> None:
        """Out of the group. Whoever is in no other one is first put among everybody: Google refuses it else."""
        answer = self._modify({"resourceNamesToRemove": [name]})
        if name in answer.get("canNotRemoveLastContactGroupResourceNames", []):
            self._modify({"resourceNamesToAdd": [name]}, person.EVERYBODY)
            self._modify({"resourceNamesToRemove": [name]})

    def delete(self, name: str) -> None:
        """Gone already is as good."""
        try:
            self._written(self._people.deleteContact(resourceName=name))
        except Problem as problem:
            if problem.status != 404:
                raise
        self._forget(name)

    @property
    def group(self) -> str:
        """The resource name of the group with our label, made where it is missing."""
        with self._lock:
            self._group = self._group or self._named() or self._make_group()
            return self._group

    def members(self) -> int:
        """How many contacts are in the group, as Google counts them."""
        query = {"resourceName": self.group, "groupFields": "name,memberCount"}
        return int(self._client.run(self._groups.get(**query)).get("memberCount", 0))

    def _named(self) -> str:
        for page in self._client.pages(self._groups, pageSize=PAGE, groupFields="name,groupType"):
            for row in said(page, "contactGroups"):
                if row.get("name") == self._label and row.get("groupType") == "USER_CONTACT_GROUP":
                    return str(row["resourceName"])
        return ""

    def _make_group(self) -> str:
        try:
            made = self._written(self._groups.create(body={"contactGroup": {"name": self._label}}))
            return str(said(made, "resourceName"))
        except Problem as problem:
            found = self._named() if problem.status == 409 else ""
            if not found:
                raise
            return found

    def _modify(self, body: Data, group: str = "") -> Data:
        try:
            return self._written(self._groups.members().modify(resourceName=group or self.group, body=body))
        except Problem as problem:
            if problem.status != 404:
                raise
            self._group = ""  # staff may have deleted the label: it is made anew
            raise Retry("Google Contacts has lost the label") from None

    def _written(self, request: Any) -> Data:
        with self._turn:
            try:
                return self._client.run(request)
            except Problem as problem:
                if problem.status == 409 and problem.says("ABORTED"):
                    raise Retry("Google Contacts was changing at the same time") from None
                raise

    def _refresh(self) -> None:
        """Bring the index up to date: what changed since the last time, and all where Google has forgotten that."""
        if self._token and time.monotonic() < self._read_at + FRESH:
            return
        try:
            pages = list(self._connections(syncToken=self._token) if self._token else self._connections())
        except Problem as problem:
            if not (self._token and (problem.status == 410 or problem.says("EXPIRED_SYNC_TOKEN"))):
                raise
            self._index, self._rows = {}, {}
            pages = list(self._connections())
        for held in (row for page in pages for row in page.get("connections", [])):
            self._note(held)
        self._token, self._read_at = pages[-1]["nextSyncToken"], time.monotonic()

    def _connections(self, **query: Any) -> Iterator[Data]:
        wanted = {"resourceName": ME, "pageSize": PAGE, "personFields": person.FIELDS, "requestSyncToken": True}
        return self._whole(self._people.connections(), {**wanted, **query})

    def _whole(self, collection: Any, query: Data) -> Iterator[Data]:
        """Every page. The last one always has a token: an empty answer without it is not "nobody"."""
        for page in self._client.pages(collection, **query):
            if not page.get("nextPageToken"):
                said(page, "nextSyncToken")
            yield page

    def _note(self, held: Person) -> None:
        with self._lock:
            name = held["resourceName"]
            self._forget(name)
            if not held.get("metadata", {}).get("deleted"):
                self._rows[name] = person.addresses(held)
                for address in self._rows[name]:
                    self._index.setdefault(address, set()).add(name)

    def _forget(self, name: str) -> None:
        with self._lock:
            for address in self._rows.pop(name, []):
                self._index.get(address, set()).discard(name)
