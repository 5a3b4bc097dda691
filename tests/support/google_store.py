"""This stand-in is ours. What Google Contacts and the Directory remember, and how they refuse, without HTTP around it.

Behaviour follows the discovery documents and Google's guides: tags of versions, the last group of a contact, sync
tokens that run out, `hasMember` that refuses outsiders, "Other contacts" that nothing deletes.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import count
from typing import Any

Body = dict[str, Any]
EVERYBODY = "contactGroups/myContacts"


class Refusal(Exception):
    """An answer of Google's in the form of its error document."""

    def __init__(self, status: int, reason: str, word: str = "") -> None:
        super().__init__(reason)
        self.status = status
        error = {"message": "kari@example.no must not be repeated", "domain": "global", "reason": reason}
        self.document = {"error": {"code": status, "message": error["message"], "errors": [error]}}
        if word:
            self.document["error"] |= {"status": word}


@dataclass
class People:
    """One user's contacts, contact groups, and what Google collected."""

    contacts: dict[str, Body] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=lambda: {EVERYBODY: "myContacts"})
    others: dict[str, Body] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)  # names of contacts, in order; a sync token is a place in it
    forgotten: int = 0  # sync tokens before this place have run out
    _ids: count[int] = field(default_factory=lambda: count(1))

    def create(self, body: Body) -> Body:
        name = f"people/c{next(self._ids)}"
        body = deepcopy(body)
        body.setdefault("memberships", [_membership(EVERYBODY)])
        self.contacts[name] = {"resourceName": name, **body}
        return self._touched(name)

    def update(self, name: str, mask: str, body: Body) -> Body:
        held = self.get(name)
        if not body.get("metadata", {}).get("sources"):
            raise Refusal(400, "invalidArgument", "INVALID_ARGUMENT")
        if [source.get("etag") for source in body["metadata"]["sources"]] != [_tag(held)]:
            raise Refusal(400, "failedPrecondition", "FAILED_PRECONDITION")
        for part in mask.split(","):
            rows = body.get(part, [])
            self.contacts[name].pop(part, None)
            if rows:
                self.contacts[name][part] = deepcopy(rows)
        return self._touched(name)

    def get(self, name: str) -> Body:
        if name not in self.contacts:
            raise Refusal(404, "notFound", "NOT_FOUND")
        return self.contacts[name]

    def delete(self, name: str) -> None:
        self.get(name)
        del self.contacts[name]
        self.changed.append(name)

    def modify(self, group: str, body: Body) -> Body:
        if group not in self.groups:
            raise Refusal(404, "notFound", "NOT_FOUND")
        last = [name for name in body.get("resourceNamesToRemove", []) if not self._leave(name, group)]
        for name in body.get("resourceNamesToAdd", []):
            if group not in _groups(self.get(name)):
                self.contacts[name].setdefault("memberships", []).append(_membership(group))
                self._touched(name)
        return {"canNotRemoveLastContactGroupResourceNames": last} if last else {}

    def connections(self, token: str) -> list[Body]:
        if not token:
            return list(self.contacts.values())
        if int(token) < self.forgotten:
            raise Refusal(400, "EXPIRED_SYNC_TOKEN", "FAILED_PRECONDITION")
        names = dict.fromkeys(self.changed[int(token) :])
        gone = {"metadata": {"deleted": True}}
        return [self.contacts.get(name, {"resourceName": name, **gone}) for name in names]

    def group(self, name: str) -> Body:
        size = sum(name in _groups(held) for held in self.contacts.values())
        kind = "SYSTEM_CONTACT_GROUP" if name == EVERYBODY else "USER_CONTACT_GROUP"
        return {"resourceName": name, "name": self.groups[name], "groupType": kind, "memberCount": size}

    def make_group(self, name: str) -> Body:
        if name in self.groups.values():
            raise Refusal(409, "alreadyExists", "ALREADY_EXISTS")
        self.groups[f"contactGroups/g{next(self._ids)}"] = name
        return self.group(list(self.groups)[-1])

    def _leave(self, name: str, group: str) -> bool:
        held = self.get(name)
        if _groups(held) == [group]:
            return False
        held["memberships"] = [row for row in held["memberships"] if _group(row) != group]
        self._touched(name)
        return True

    def _touched(self, name: str) -> Body:
        """A new version, with a new tag."""
        held = self.contacts[name]
        tag = f"%tag{len(self.changed)}"
        source = {"type": "CONTACT", "id": name, "etag": tag, "updateTime": "2026-03-02T12:00:00Z"}
        held["etag"], held["metadata"] = f"%{tag}", {"sources": [source], "objectType": "PERSON"}
        self.changed.append(name)
        return held


@dataclass
class Directory:
    """The groups of a domain."""

    groups: dict[str, dict[str, Body]] = field(default_factory=dict)

    def members(self, group: str) -> dict[str, Body]:
        if group not in self.groups:
            raise Refusal(404, "notFound")
        return self.groups[group]

    def get(self, group: str, key: str) -> Body:
        if key not in self.members(group):
            raise Refusal(404, "notFound")
        return self.groups[group][key]

    def insert(self, group: str, body: Body) -> Body:
        key = body["email"].lower()
        if key in self.members(group):
            raise Refusal(409, "duplicate")
        defaults = {"kind": "admin#directory#member", "id": str(1000 + len(self.groups[group])), "status": "ACTIVE"}
        self.groups[group][key] = {**defaults, "type": "USER", "role": "MEMBER", **body}
        return self.groups[group][key]

    def update(self, group: str, key: str, body: Body) -> Body:
        held = self.get(group, key)
        held.update(body)
        return held

    def delete(self, group: str, key: str) -> None:
        self.get(group, key)
        del self.groups[group][key]


@dataclass
class Store:
    """All of it, behind one lock."""

    people: People = field(default_factory=People)
    directory: Directory = field(default_factory=Directory)
    lock: threading.RLock = field(default_factory=threading.RLock)


def addresses(held: Mapping[str, Any]) -> list[str]:
    return [row["value"] for row in held.get("emailAddresses", [])]


def _tag(held: Mapping[str, Any]) -> str:
    return str(held["metadata"]["sources"][0]["etag"])


def _membership(group: str) -> Body:
    return {"contactGroupMembership": {"contactGroupResourceName": group}}


def _group(row: Mapping[str, Any]) -> str:
    return str(row["contactGroupMembership"]["contactGroupResourceName"])


def _groups(held: Mapping[str, Any]) -> list[str]:
    return [_group(row) for row in held.get("memberships", [])]
