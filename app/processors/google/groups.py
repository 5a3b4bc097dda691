"""The verbs at Google Groups, for groups that are used as mail lists.

A group with a purpose holds whoever said yes to that purpose; one without holds everybody who said yes to any. Whoever
was a member and is none any more has left there: an older consent does not bring them back. Leaving one group of
several takes back its purpose; leaving the one of everybody takes back all.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, Any

from app.processors.base import Cap, Held, Member, Outcome, Pace, Processor, Profile
from app.processors.google import settings as google
from app.processors.google.auth import MEMBERS
from app.processors.google.limit import Limit
from app.processors.google.seen import remembering

if TYPE_CHECKING:
    from app.processors.google.roster import Roster

RATE = (20.0, 100.0)  # per second and at once: 2,400 a minute for one user
HANDS = 4
CHUNK = 200
POSTS = (
    "Posts in a group's archive cannot be deleted by a program: open groups.google.com, search the group for the"
    " person, and delete what is found."
)
Group = tuple[str, str]  # its purpose and its address
EVERYBODY = ""  # the purpose of a group for any of them
STAFF = "The person runs a group there: change the role at groups.google.com first."


class Groups(Processor):
    """Some groups of one domain."""

    name = "google_groups"
    addressed = frozenset({"member"})
    cap = Cap(*RATE)

    def __init__(self, settings: google.Settings, groups: Sequence[Group], limit: Limit | None = None) -> None:
        self._settings, self._groups = settings, list(groups)
        self._limit = limit or Limit(*RATE)
        self._lock = threading.Lock()
        self._made: dict[str, Roster] = {}

    def share(self, pace: Pace) -> None:
        self._limit.shared = pace

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Groups:
        """Raises `ValueError` naming the setting that is missing or wrong."""
        return cls(google.read(config), google.groups(config))

    def push(self, profile: Profile) -> Outcome:
        if not profile.granted and not profile.acquainted:
            return Outcome("not_held")
        wanted = [(purpose, address) for purpose, address in self._groups if _wanted(purpose, profile)]
        absent = self._absent(profile, wanted) if profile.last == "subscribed" else []
        left = tuple(purpose for purpose, _ in absent if purpose in profile.lists)
        if wanted and (absent == wanted or EVERYBODY in left):
            return Outcome("unsubscribed", "The person has left the groups there.")
        return self._settle(profile, [(purpose, address) for purpose, address in wanted if purpose not in left], left)

    def _absent(self, profile: Profile, wanted: Sequence[Group]) -> list[Group]:
        return [(purpose, address) for purpose, address in wanted if not self._at(address).read(profile.address)]

    def push_many(self, profiles: Iterable[Profile]) -> Iterator[tuple[Profile, Outcome]]:
        """The Directory has no bulk call: a few beside each other, within the limit."""
        rest = iter(profiles)
        with ThreadPoolExecutor(HANDS) as pool:
            while chunk := list(islice(rest, CHUNK)):
                yield from zip(chunk, pool.map(self.push, chunk), strict=True)

    def find(self, profile: Profile) -> list[Held]:
        """Memberships. Posts cannot be searched by a program."""
        return [Held("member", f"{address}/{row['id']}") for address, row in self._rows(profile)]

    def export(self, profile: Profile) -> dict[str, Any]:
        keep = ("email", "role", "status", "delivery_settings")
        rows = [
            {"group": address, "purpose": purpose, **{name: row[name] for name in keep if name in row}}
            for purpose, address in self._groups
            if (row := self._at(address).read(profile.address))
        ]
        return {"memberships": rows} if rows else {}

    def erase(self, profile: Profile) -> Outcome:
        """Take the person out of every group. Their posts stay in the archive until a human deletes them."""
        held = self._rows(profile)
        if any(not _plain(row) for _, row in held):
            return Outcome("manual", STAFF)
        for address, _ in held:
            self._at(address).remove(profile.address)
        if held or profile.acquainted:
            return Outcome("manual", POSTS)
        return Outcome("not_held")

    def rectify(self, profile: Profile, new_address: str = "") -> Outcome:
        """A membership has no address of its own: the new one joins where the old one was and may be, then that leaves.

        Whoever had left stays out, and whoever runs a group is for a human.
        """
        if not new_address:
            return self.push(profile)
        held, purposes = self._rows(profile), {address: purpose for purpose, address in self._groups}
        if any(not _plain(row) for _, row in held):
            return Outcome("manual", STAFF)
        for address, _ in held:
            if _wanted(purposes[address], profile):
                self._at(address).add(new_address)
            self._at(address).remove(profile.address)
        there = any(self._at(address).read(new_address) for _, address in self._groups)
        return Outcome("subscribed" if there else "unsubscribed" if held else "not_held")

    def restrict(self, profile: Profile, restricted: bool) -> Outcome:
        """Keep the membership and send nothing; or send again, in line with what is consented to by then."""
        held = self._rows(profile)
        for address, _ in held:
            self._at(address).deliver(profile.address, not restricted)
        if held and not restricted:
            return self.push(profile)
        return Outcome("held" if held else "not_held")

    def lists(self, purposes: Iterable[str]) -> frozenset[str]:
        """The purposes that have a group."""
        return frozenset(purpose for purpose, _ in self._groups)

    def members(self) -> Iterator[Member]:
        """Everybody in each group, as the pages come."""
        with remembering() as seen:
            for purpose, group in self._groups:
                for row in self._at(group).everybody():
                    address = str(row.get("email", "")).lower()
                    if address and not _plain(row):
                        yield Member(address, False, frozenset({purpose}), runs=True)
                    elif address:
                        yield Member(address, True, frozenset({purpose}), again=not seen.first(address))

    def ping(self) -> str:
        for _, address in self._groups:
            self._at(address).prove()
        return f"Google Groups answers, groups: {len(self._groups)}"

    def _settle(self, profile: Profile, wanted: Sequence[Group], left: tuple[str, ...]) -> Outcome:
        removed = runs = False
        for purpose, address in self._groups:
            if (purpose, address) in wanted:
                self._at(address).add(profile.address)
            elif row := self._at(address).read(profile.address):
                removed, runs = removed or _plain(row), runs or not _plain(row)
                if _plain(row):
                    self._at(address).remove(profile.address)
        if runs:
            return Outcome("manual", STAFF)
        if wanted:
            return Outcome("subscribed", lists=tuple(purpose for purpose, _ in wanted), left=left)
        # Consents without a group of their own are no departure: nobody must be taken to have left.
        return Outcome("unsubscribed" if removed and not profile.granted else "not_held")

    def _rows(self, profile: Profile) -> list[tuple[str, dict[str, Any]]]:
        read = ((address, self._at(address).read(profile.address)) for _, address in self._groups)
        return [(address, row) for address, row in read if row]

    def _at(self, address: str) -> Roster:
        """Made at first use: a process that never calls Google need not pay for its library."""
        with self._lock:
            if not self._made:
                from app.processors.google.roster import Roster
                from app.processors.google.service import Client

                subject = self._settings.subject
                client = Client("admin.directory_v1", self._settings, subject, [MEMBERS], self._limit)
                self._made = {group: Roster(client, group) for _, group in self._groups}
            return self._made[address]


def _wanted(purpose: str, profile: Profile) -> bool:
    return purpose in profile.granted if purpose else bool(profile.granted)


def _plain(row: Mapping[str, Any]) -> bool:
    """Owners and managers are staff: they are never taken out by a consent."""
    return row.get("role", "MEMBER") == "MEMBER" and row.get("type", "USER") not in ("GROUP", "CUSTOMER")
