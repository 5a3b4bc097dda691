"""A profile in the words of Google Contacts. Pure: nothing here calls anybody.

Fields: https://developers.google.com/people/api/rest/v1/people#Person
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.processors.base import Profile

Person = Mapping[str, Any]
MARK = {"key": "samtykke", "value": "1"}  # seen by programs only: this contact is our making
TITLE = "Samtykke"  # the line on the contact that names the purposes
EVERYBODY = "contactGroups/myContacts"
FIELDS = "names,emailAddresses,phoneNumbers,organizations,memberships,userDefined,clientData,metadata"
EVERYTHING = (
    "addresses,biographies,birthdays,calendarUrls,clientData,emailAddresses,events,externalIds,imClients,interests,"
    "locales,locations,memberships,metadata,miscKeywords,names,nicknames,occupations,organizations,phoneNumbers,photos,"
    "relations,sipAddresses,skills,urls,userDefined"
)


def body(profile: Profile, group: str) -> dict[str, Any]:
    """A new contact, in the group and among everybody: Google keeps nobody who is in no group."""
    groups = [{"contactGroupMembership": {"contactGroupResourceName": name}} for name in (group, EVERYBODY)]
    emails = [{"value": profile.address, "type": "other"}]
    return {"emailAddresses": emails, "clientData": [MARK], "memberships": groups, **wanted(profile, {})}


def wanted(profile: Profile, held: Person) -> dict[str, list[dict[str, Any]]]:
    """What a contact should show, by field. On one that staff made, only the purposes are ours to change.

    Empty values are left out, as staff may have filled the field. A first number is replaced and the others stay.
    """
    fields = {"userDefined": _purposes(profile, held)}
    if held and not ours(held):
        return fields
    if profile.name:
        fields["names"] = [{"unstructuredName": profile.name}]
    for name, key, value in (("phoneNumbers", "value", profile.phone), ("organizations", "name", profile.company)):
        if value:
            fields[name] = [{key: value}, *map(_plain, held.get(name, [])[1:])]
    return {name: rows for name, rows in fields.items() if rows or held.get(name)}


def changes(profile: Profile, held: Person) -> dict[str, list[dict[str, Any]]]:
    """The fields of a contact that are not as they should be."""
    return {name: rows for name, rows in wanted(profile, held).items() if not _same(rows, held.get(name, []))}


def readdressed(held: Person, old: str, new: str) -> dict[str, list[dict[str, Any]]]:
    """The addresses of a contact with the new one in the old one's place, once."""
    rows = [_plain(row) for row in held.get("emailAddresses", [])]
    moved = [{**row, "value": new} if _spelt(row.get("value", "")) == old else row for row in rows]
    seen = [_spelt(row.get("value", "")) for row in moved]
    return {"emailAddresses": [row for place, row in enumerate(moved) if seen.index(seen[place]) == place]}


def update(held: Person, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The body of an update. Google refuses one without the tag of the version that it is about."""
    sources = [
        {name: source[name] for name in ("type", "id", "etag") if name in source}
        for source in held.get("metadata", {}).get("sources", [])
        if source.get("type") == "CONTACT"
    ]
    return {"etag": held.get("etag", ""), "metadata": {"sources": sources}, **fields}


def ours(held: Person) -> bool:
    """Did we make this contact?"""
    return any(row.get("key") == MARK["key"] for row in held.get("clientData", []))


def addresses(held: Person) -> list[str]:
    """All its e-mail addresses, as we write them."""
    return [_spelt(row["value"]) for row in held.get("emailAddresses", []) if row.get("value")]


def groups(held: Person) -> set[str]:
    """The names of the groups it is in."""
    memberships = [row.get("contactGroupMembership", {}) for row in held.get("memberships", [])]
    return {row["contactGroupResourceName"] for row in memberships if "contactGroupResourceName" in row}


def shown(held: Person) -> dict[str, Any]:
    """The contact without what is Google's own business."""
    inner = ("metadata", "etag", "resourceName", "clientData", "photos")
    fields = {name: value for name, value in held.items() if name not in inner}
    return {name: [_plain(row) for row in rows] if isinstance(rows, list) else rows for name, rows in fields.items()}


def _purposes(profile: Profile, held: Person) -> list[dict[str, Any]]:
    others = [_plain(row) for row in held.get("userDefined", []) if row.get("key") != TITLE]
    return [*others, {"key": TITLE, "value": ", ".join(profile.granted)}] if profile.granted else others


def _same(rows: list[dict[str, Any]], held: list[dict[str, Any]]) -> bool:
    """Google answers with more than it was given."""
    return len(rows) == len(held) and all(want.items() <= shown.items() for want, shown in zip(rows, held, strict=True))


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Without what only Google may write."""
    return {name: value for name, value in row.items() if name not in ("metadata", "formattedType", "canonicalForm")}


def _spelt(address: str) -> str:
    """In small letters, and a domain in letters like å as it is sent (RFC 5891): staff type it as they see it."""
    local, at, domain = address.strip().lower().rpartition("@")
    try:
        return f"{local}{at}{domain.encode('idna').decode()}"
    except UnicodeError:
        return f"{local}{at}{domain}"
