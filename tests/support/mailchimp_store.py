"""This stand-in is ours. What Mailchimp remembers and how it answers, without the HTTP around it.

Behaviour follows Mailchimp's API reference and what its users have reported of the rest: compliance state,
permanently deleted addresses that cannot come back, archived members, 405 on some deletions.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Body = dict[str, Any]
# https://kb.mailchimp.com/merge-tags/reserved-field-names-to-avoid
RESERVED = {"INTERESTS", "UNSUB", "FORWARD", "REWARDS", "ARCHIVE", "USER_URL", "DATE", "EMAIL", "EMAIL_TYPE", "TO"}
MOST_FIELDS = 30
STANDARD_FIELDS = {"FNAME": "text", "LNAME": "text", "COMPANY": "text", "PHONE": "phone"}


class Problem(Exception):
    """An answer of Mailchimp's in the form of a problem document."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(title)
        self.status = status
        self.document = {
            "type": "https://mailchimp.com/developer/marketing/docs/errors/",
            "title": title,
            "status": status,
            "detail": detail,
            "instance": "00000000-0000-4000-8000-000000000000",
        }


def member_id(address: str) -> str:
    """Mailchimp's name for an address."""
    return hashlib.md5(address.lower().encode(), usedforsecurity=False).hexdigest()


@dataclass
class Contact:
    """One person in one audience: `data` as the API shows it, the rest as Mailchimp keeps it."""

    data: Body
    tags: dict[str, str] = field(default_factory=dict)
    notes: list[Body] = field(default_factory=list)
    events: list[Body] = field(default_factory=list)
    activity: list[Body] = field(default_factory=list)
    left_alone: bool = False  # unsubscribed by the person, not by the account

    def shown(self) -> Body:
        """The member as the API shows it: the first fifty tags, and how many there are."""
        tags = [{"id": number, "name": name} for number, name in enumerate(sorted(self.tags), 1)]
        return {**self.data, "tags": tags[:50], "tags_count": len(tags)}


@dataclass
class Audience:
    """One list."""

    id: str
    name: str = "Nyhetsbrev"
    contacts: dict[str, Contact] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)
    fields: dict[str, Body] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for tag, kind in STANDARD_FIELDS.items():
            self.add_field({"tag": tag, "name": tag.title(), "type": kind})

    def add_field(self, body: Body) -> Body:
        """A merge field. Mailchimp numbers them and allows a tag once."""
        tag = body.get("tag") or f"MMERGE{len(self.fields) + 1}"
        if tag in RESERVED or len(self.fields) >= MOST_FIELDS:
            raise Problem(400, "Invalid Resource", "This merge tag is reserved, or there are too many")
        if tag in self.fields:
            raise Problem(400, "Invalid Resource", f"A Merge Field with the tag {tag} already exists")
        defaults = {"required": False, "default_value": "", "public": True, "options": {}, "help_text": ""}
        self.fields[tag] = {**defaults, **body, "tag": tag, "merge_id": len(self.fields) + 1, "list_id": self.id}
        return self.fields[tag]

    def contact(self, key: str) -> Contact:
        """The contact under an MD5, or Mailchimp's 404."""
        if key not in self.contacts:
            raise Problem(404, "Resource Not Found", "The requested resource could not be found.")
        return self.contacts[key]


class Store:
    """Every audience of one account."""

    def __init__(self, *audiences: str) -> None:
        self.audiences = {name: Audience(name) for name in audiences}
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.lock = threading.RLock()
        self.refuses_every_return = False  # accounts differ: some may bring back whom they unsubscribed themselves
        self.stale_search: list[Body] = []

    def now(self) -> str:
        return self.clock().astimezone(UTC).replace(microsecond=0).isoformat()

    def audience(self, list_id: str) -> Audience:
        if list_id not in self.audiences:
            raise Problem(404, "Resource Not Found", "The requested resource could not be found.")
        return self.audiences[list_id]

    # What people and staff do at Mailchimp, not through the API.

    def leaves(self, audience: Audience, address: str, status: str = "unsubscribed") -> None:
        """The person clicks unsubscribe in a campaign, or the address bounces for good (`cleaned`)."""
        contact = audience.contact(member_id(address))
        contact.data |= {"status": status, "last_changed": self.now()}
        contact.left_alone = True

    def joins(self, audience: Audience, address: str, status: str = "subscribed", **data: Any) -> Contact:
        """The person signs up at Mailchimp's own form, the only way back for a forgotten address."""
        audience.forgotten.discard(member_id(address))
        contact = audience.contacts[member_id(address)] = self._new(audience, address, status)
        contact.data |= data
        return contact

    # What the API does.

    def upsert(self, audience: Audience, key: str, body: Body) -> Contact:
        """PUT: `status_if_new` for the unknown, `status` only where it is given."""
        address = _valid(body["email_address"], audience, body)
        if member_id(address) != key:
            raise Problem(400, "Invalid Resource", f"{address} does not belong to this resource")
        if key in audience.contacts:
            return self.change(audience, key, body)
        if key in audience.forgotten:
            raise Problem(400, "Forgotten Email Not Subscribed", f"{address} was permanently deleted")
        contact = self._new(audience, address, body.get("status") or body["status_if_new"])
        audience.contacts[key] = contact
        _fill(contact, audience, body)
        return contact

    def change(self, audience: Audience, key: str, body: Body) -> Contact:
        """PATCH, and PUT of somebody known."""
        contact = audience.contact(key)
        _valid(contact.data["email_address"], audience, body)
        wanted = body.get("status", contact.data["status"])
        if wanted != contact.data["status"]:
            self._may_become(contact, wanted)
            contact.data["status"], contact.left_alone = wanted, False
        before = contact.shown()
        self._readdress(audience, contact, body.get("email_address") or contact.data["email_address"])
        _fill(contact, audience, body)
        if "status" in body or contact.shown() != before:
            contact.data["last_changed"] = self.now()
        return contact

    def _readdress(self, audience: Audience, contact: Contact, address: str) -> None:
        """The member goes by another name from now on, and everything else of hers stays."""
        old, new = contact.data["id"], member_id(address)
        if new != old and new in audience.contacts:
            raise Problem(400, "Member Exists", f"{address} is already a list member.")
        if new != old and new in audience.forgotten:
            raise Problem(400, "Forgotten Email Not Subscribed", f"{address} was permanently deleted")
        contact.data |= {"id": new, "email_address": address}
        audience.contacts[new] = audience.contacts.pop(old)

    def batch(self, audience: Audience, body: Body) -> Body:
        """POST /lists/{id}: up to 500, and 200 even where every one was refused."""
        if len(body["members"]) > 500:
            raise Problem(400, "Invalid Resource", "too many members")
        new: list[Body] = []
        updated: list[Body] = []
        errors: list[Body] = []
        for member in body["members"]:
            self._one_of_batch(audience, member, bool(body.get("update_existing")), new, updated, errors)
        counts = {"total_created": len(new), "total_updated": len(updated), "error_count": len(errors)}
        return {"new_members": new, "updated_members": updated, "errors": errors, **counts}

    def tag(self, contact: Contact, body: Body) -> None:
        for tag in body["tags"]:
            if tag["status"] == "active":
                contact.tags.setdefault(tag["name"], self.now())
            else:
                contact.tags.pop(tag["name"], None)

    def archive(self, audience: Audience, key: str) -> None:
        """DELETE is archiving, and 405 for those who cannot be archived."""
        contact = audience.contact(key)
        if contact.data["status"] in ("archived", "pending", "cleaned"):
            raise Problem(405, "Method Not Allowed", "This list member cannot be removed.")
        contact.data |= {"status": "archived", "last_changed": self.now()}

    def forget(self, audience: Audience, key: str) -> None:
        """delete-permanent: gone, and barred from coming back through the API."""
        audience.contact(key)
        del audience.contacts[key]
        audience.forgotten.add(key)

    def search(self, query: str, list_id: str | None) -> list[Body]:
        found = [
            contact.shown()
            for audience in self.audiences.values()
            if list_id in (None, audience.id)
            for contact in audience.contacts.values()
            if contact.data["email_address"].lower() == query.lower()
        ]
        return found + self.stale_search

    def _new(self, audience: Audience, address: str, status: str) -> Contact:
        key = member_id(address)
        data = {
            "id": key,
            "email_address": address,
            "unique_email_id": key[:10],
            "status": status,
            "list_id": audience.id,
            "language": "",
            "last_changed": self.now(),
            "merge_fields": dict.fromkeys(audience.fields, ""),
        }
        return Contact(data)

    def _may_become(self, contact: Contact, wanted: str) -> None:
        left = contact.data["status"] == "cleaned" or contact.left_alone or self.refuses_every_return
        if wanted == "subscribed" and contact.data["status"] in ("unsubscribed", "cleaned") and left:
            text = "is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be subscribed."
            raise Problem(400, "Member In Compliance State", f"{contact.data['email_address']} {text}")

    def _one_of_batch(
        self,
        audience: Audience,
        member: Body,
        may_update: bool,
        new: list[Body],
        updated: list[Body],
        errors: list[Body],
    ) -> None:
        address = member["email_address"]
        known = member_id(address) in audience.contacts
        if known and not may_update:
            errors.append(_error(address, f"{address} is already a list member", "ERROR_CONTACT_EXISTS"))
            return
        try:
            contact = self.upsert(audience, member_id(address), member)
        except Problem as problem:
            errors.append(_error(address, problem.document["detail"], "ERROR_GENERIC"))
        else:
            (updated if known else new).append(contact.shown())


def _valid(address: str, audience: Audience, body: Body) -> str:
    phone = body.get("merge_fields", {}).get("PHONE", "")
    american = audience.fields.get("PHONE", {}).get("options", {}).get("phone_format") == "US"
    if "@" not in address or (phone and american):
        raise Problem(400, "Invalid Resource", f"{address} looks fake or invalid, please enter a real email address.")
    return address


def _fill(contact: Contact, audience: Audience, body: Mapping[str, Any]) -> None:
    keep = ("language", "ip_signup", "ip_opt", "timestamp_signup", "timestamp_opt", "email_type", "vip")
    contact.data |= {name: body[name] for name in keep if name in body}
    values = {tag: value for tag, value in body.get("merge_fields", {}).items() if tag in audience.fields}
    contact.data["merge_fields"] = {**dict.fromkeys(audience.fields, ""), **contact.data["merge_fields"], **values}


def _error(address: str, text: str, code: str) -> Body:
    return {"email_address": address, "error": text, "error_code": code, "field": "", "field_message": ""}
