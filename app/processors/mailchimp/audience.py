"""One audience: what we read there and what we write. `key` is a member's MD5 everywhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from app.processors.base import ANY, Member, Profile, Retry
from app.processors.mailchimp import member
from app.processors.mailchimp.listed import FIELDS, Listed, listed
from app.processors.mailchimp.problem import Problem

if TYPE_CHECKING:
    from app.processors.mailchimp.client import Client

Data = dict[str, Any]
PAGE = 1000  # the most Mailchimp gives at once
FIELDS_FOR = 600.0  # seconds for which we trust what we read of the merge fields
MAILED = {"subscribed", "pending"}
MEMBER = ("id", "email_address", "status", "tags", "tags_count")


class Audience:
    """Reads say what is there; writes answer nothing that is believed without a status in it."""

    def __init__(self, client: Client, id: str) -> None:
        self.id = id
        self._lists = client.lists
        self._lock = threading.Lock()
        self._fields: set[str] = set()
        self._fields_until = 0.0
        self._proven = False

    def read(self, key: str) -> Data | None:
        """The member, or None where Mailchimp says 404. An answer that names no status is no answer."""
        try:
            found: Data = self._lists.get_list_member(self.id, key)
        except Problem as problem:
            if problem.status != 404:
                raise
            self._prove()
            return None
        if "status" not in found:
            raise Retry("Mailchimp answered without the member")
        return found

    def put(self, profile: Profile, **status: str) -> Data:
        """Add or update. Without a `status` whoever is known keeps theirs."""
        key = member.member_id(profile.address)
        body = {**member.body(profile, self.fields()), "status_if_new": "subscribed", **status}
        written: Data = self._lists.set_list_member(self.id, key, body, skip_merge_validation=True)
        shown = written if "status" in written else self.read(key)
        if shown is None:
            raise Retry("Mailchimp took the member and does not show it")
        return shown

    def add(self, profiles: Sequence[Profile]) -> dict[str, Data]:
        """The bulk call, told not to touch whoever is known. Returns the members that are new, by key."""
        if not profiles:
            return {}
        rows = [{**member.body(profile, self.fields()), "status": "subscribed"} for profile in profiles]
        body = {"members": rows, "update_existing": False}
        answer = self._lists.batch_list_members(self.id, body, skip_merge_validation=True)
        return {row["id"]: row for row in answer.get("new_members", [])}

    def unsubscribe(self, key: str) -> Data | None:
        """The member as it reads afterwards. Raises `Retry` where it still gets mail."""
        with _still_there():
            self._leave(key)
        after = self.read(key)
        if after and after["status"] in MAILED:
            raise Retry("Mailchimp still shows the member as subscribed")
        return after

    def correct(self, key: str, profile: Profile) -> None:
        """Name and the like, and nothing of where she stands."""
        values = member.merge_fields(profile, self.fields())
        with _still_there():
            self._lists.update_list_member(self.id, key, {"merge_fields": values}, skip_merge_validation=True)

    def readdress(self, key: str, address: str) -> None:
        """The same member under another address. Raises `Retry` where a read does not show it so.

        https://mailchimp.com/developer/marketing/api/list-members/update-list-member/: the id changes with it. Where
        Mailchimp has put somebody on the list on the way, who was off it, she is taken off again.
        """
        with _still_there():
            before = self.read(key)
            self._lists.update_list_member(self.id, key, {"email_address": address}, skip_merge_validation=True)
        after = self.read(member.member_id(address))
        if before is None or after is None or self.read(key) is not None:
            raise Retry("Mailchimp does not show the member under the new address")
        if after["status"] in MAILED and before["status"] not in MAILED:
            self.unsubscribe(after["id"])

    def archive(self, key: str) -> None:
        """Out of every campaign, and kept. Raises `Retry` where a read still shows the member on the list."""
        with _still_there():
            self._lists.delete_list_member(self.id, key)
        after = self.read(key)
        if after and after["status"] in MAILED:
            raise Retry("Mailchimp still shows the member as subscribed")

    def set_tags(self, profile: Profile, shown: Data) -> None:
        """Bring the tags in line, without setting off automations, and read that they are."""
        key = member.member_id(profile.address)
        changes = member.tag_changes(profile, self._tags(key, shown))
        if not changes:
            return
        with _still_there():
            self._lists.update_list_member_tags(self.id, key, {"tags": changes, "is_syncing": True})
        after = self.read(key)
        if after and member.tag_changes(profile, self._tags(key, after)):
            raise Retry("Mailchimp has not set the tags")

    def forget(self, key: str) -> None:
        """Unsubscribe, so that no campaign under way goes out, then delete for good."""
        found = self.read(key)
        if found is None:
            return
        if found["status"] in MAILED:
            with suppress(Problem):
                self._leave(key)
        with _still_there():
            self._lists.delete_list_member_permanent(self.id, key)

    def contact(self, key: str) -> Data:
        """Everything Mailchimp shows of a member."""
        lists = self._lists
        parts = {
            "activity": lists.get_list_member_activity_feed,
            "tags": lists.get_list_member_tags,
            "notes": lists.get_list_member_notes,
            "events": lists.get_list_member_events,
        }
        held: Data = {"audience": self.id, "member": _plain(self.read(key))}
        return held | {name: _plain(list(_paged(read, name, self.id, key))) for name, read in parts.items()}

    def members(self) -> Iterator[Member]:
        """Everybody but the archived with their tags, a page at a time."""
        fields = [*(f"members.{name}" for name in MEMBER), "total_items"]
        for row in _paged(self._lists.get_list_members_info, "members", self.id, fields=fields):
            with _still_there():
                tags = self._tags(row["id"], row)
            yield Member(row["email_address"], row["status"] == "subscribed", frozenset({ANY, *tags}))

    def everybody(self) -> Iterator[Listed]:
        """Members of every status, the archived last, a page at a time."""
        for more in ({}, {"status": "archived"}):
            query = {"fields": [*FIELDS, "total_items"], **more}
            for row in _paged(self._lists.get_list_members_info, "members", self.id, **query):
                yield listed(row)

    def about(self) -> Data:
        """Its name, its size, and the signup form that Mailchimp hosts for it."""
        found: Data = self._lists.get_list(self.id, fields=["name", "subscribe_url_long", "stats.member_count"])
        return found

    def fields(self) -> set[str]:
        """The merge tags we may fill, with ours for the withdrawal link made where it was missing."""
        with self._lock:
            if time.monotonic() >= self._fields_until:
                self._fields = member.usable(self._merge_fields())
                self._fields_until = time.monotonic() + FIELDS_FOR
            return self._fields

    def _leave(self, key: str) -> None:
        self._lists.update_list_member(self.id, key, {"status": "unsubscribed"}, skip_merge_validation=True)

    def _prove(self) -> None:
        """A member's 404 means nothing where the audience itself is unknown. Raises `Problem` then."""
        if not self._proven:
            self._lists.get_list(self.id, fields=["id"])
            self._proven = True

    def _merge_fields(self) -> list[Data]:
        found = self._fields_there()
        if _ours(found):
            return found
        try:
            self._lists.add_list_merge_field(self.id, member.UNSUBSCRIBE_FIELD)
        except Problem as problem:
            found = self._fields_there()
            if _ours(found) or problem.status == 400:  # another process has just made it, or there is no room for it
                return found
            raise
        return [*found, member.UNSUBSCRIBE_FIELD]

    def _fields_there(self) -> list[Data]:
        return list(_paged(self._lists.get_list_merge_fields, "merge_fields", self.id))

    def _tags(self, key: str, shown: Data) -> set[str]:
        """A member shows its first tags only, and how many there are."""
        tags = shown.get("tags", [])
        if shown.get("tags_count", 0) > len(tags):
            tags = _paged(self._lists.get_list_member_tags, "tags", self.id, key)
        return {tag["name"] for tag in tags}


@contextmanager
def _still_there() -> Iterator[None]:
    """Whoever was there a moment ago and is not now changed under our hands: look again."""
    try:
        yield
    except Problem as problem:
        if problem.status != 404:
            raise
        raise Retry("Mailchimp lost the member while we wrote") from None


def _paged(read: Callable[..., Data], name: str, *path: str, **query: Any) -> Iterator[Data]:
    """Every item, page after page, until Mailchimp has said them all or has no more."""
    offset = 0
    while True:
        answer = read(*path, count=PAGE, offset=offset, **query)
        page = said(answer, name)
        yield from page
        offset += len(page)
        if not page or offset >= answer.get("total_items", offset + 1):
            return


def _ours(fields: Sequence[Data]) -> bool:
    return any(field["tag"] == member.LINK for field in fields)


def said(answer: Data, name: str) -> Any:
    """A part of an answer. One that lacks it is no answer: nothing said must not be taken for nobody there."""
    if name not in answer:
        raise Retry(f"Mailchimp answered without {name}")
    return answer[name]


def _plain(value: Any) -> Any:
    """The value without Mailchimp's `_links`, which tell a person nothing."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items() if name != "_links"}
    return value
