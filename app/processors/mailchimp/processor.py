"""The verbs at Mailchimp.

Consent is asked for and confirmed by us, so a member is added as `subscribed`, never as `pending`, which would send a
second confirmation letter. Whoever is known is updated without a status, so that no race with a click in a campaign can
bring anybody back; a status is set only for a withdrawal, and for a consent younger than the departure.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from app.processors.base import ANY, Cap, Held, Member, Outcome, Processor, Profile
from app.processors.mailchimp import member, settings
from app.processors.mailchimp.audience import MAILED, Audience, Data, said
from app.processors.mailchimp.problem import Problem

if TYPE_CHECKING:
    from app.processors.mailchimp.client import Client
    from app.processors.mailchimp.listed import Listed

BATCH = 500  # the most members that one bulk call takes
HANDS = 4  # how many follow-up calls run beside each other
LAG = timedelta(minutes=15)
REFUSALS = {
    "Forgotten Email Not Subscribed": "Mailchimp has deleted this address for good",
    "Member In Compliance State": "Mailchimp keeps this person unsubscribed, as they once left or their mail bounced",
}
TAKEN = {**REFUSALS, "Member Exists": "Mailchimp has the new address as another member"}
BOTH = "Mailchimp has both addresses as members: decide which of the two stays, and delete the other one."
NO_ROOM = "There is no room for the field SAMTYKKE: until a field is removed, e-mails carry Mailchimp's own link alone."
WAY_BACK = "only they can come back: send them the audience's own signup form"


class Mailchimp(Processor):
    """One audience of one account. Finding and erasing look in every audience of the account."""

    name = "mailchimp"
    addressed = frozenset({"member"})
    cap = Cap(at_once=10)  # https://mailchimp.com/developer/marketing/docs/fundamentals/#throttling

    def __init__(self, base: str, key: str, audience: str, timeout: tuple[float, float] | None = None) -> None:
        self._base, self._key, self._id, self._timeout = base, key, audience, timeout
        self._lock = threading.Lock()
        self._made: tuple[Client, Audience] | None = None

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Mailchimp:
        """Raises `ValueError` naming the setting that is missing or wrong."""
        return cls(*settings.read(config))

    def push(self, profile: Profile) -> Outcome:
        if not profile.granted and not profile.acquainted:
            return Outcome("not_held")
        known = self._audience.read(member.member_id(profile.address))
        return self._subscribe(profile, known) if profile.granted else self._unsubscribe(profile, known)

    def push_many(self, profiles: Iterable[Profile]) -> Iterator[tuple[Profile, Outcome]]:
        """New members go in by the hundred; whoever Mailchimp already knows takes the careful way of `push`.

        The bulk call is told not to update, so it can add but never bring back. It cannot set tags quietly: those
        follow one member at a time. A refusal of one member is a `manual` outcome and stops nobody else. `Retry` ends
        the whole, and whoever was not yielded is to be pushed again.
        """
        rest = iter(profiles)
        with ThreadPoolExecutor(HANDS) as pool:
            while chunk := list(islice(rest, BATCH)):
                added = self._add([profile for profile in chunk if profile.granted])
                outcomes = pool.map(partial(self._settle, added=added), chunk)
                yield from zip(chunk, outcomes, strict=True)

    def find(self, profile: Profile) -> list[Held]:
        """Ids are `audience/member`. Search lags behind, so every hit is read before it is believed."""
        names = self._hits(profile.address) | {f"{self._id}/{member.member_id(profile.address)}"}
        return [Held("member", name) for name in sorted(names) if self._at(name).read(_key(name))]

    def export(self, profile: Profile) -> Data:
        contacts = [self._at(held.id).contact(_key(held.id)) for held in self.find(profile)]
        return {"contacts": contacts} if contacts else {}

    def erase(self, profile: Profile) -> Outcome:
        """Unsubscribe, delete for good in every audience, and read that it is so.

        Mailchimp then answers 404 just as for somebody it never met: `acquainted` tells the two apart.
        """
        held = self.find(profile)
        for one in held:
            self._at(one.id).forget(_key(one.id))
        if held and self.find(profile):
            return Outcome("pending", "Mailchimp has not deleted yet.", check_at=datetime.now(UTC) + LAG)
        return Outcome("erased" if held or profile.acquainted else "not_held")

    def rectify(self, profile: Profile, new_address: str = "") -> Outcome:
        """A member keeps status, tags and history under a new address, in every audience that has the old one."""
        if not new_address:
            self._correct(profile)
            return self.push(profile)
        there = replace(profile, address=new_address, typed="")
        old, new = self.find(profile), self.find(there)
        if {held.id.partition("/")[0] for held in old} & {held.id.partition("/")[0] for held in new}:
            return Outcome("manual", BOTH)
        try:
            for held in old:
                self._at(held.id).readdress(_key(held.id), new_address)
        except Problem as problem:
            if problem.title not in TAKEN:
                raise
            return Outcome("manual", f"{TAKEN[problem.title]}: the old one stands there as it was.")
        return self._follow(there) if old or new else Outcome("not_held")

    def _follow(self, there: Profile) -> Outcome:
        """In our own audience the new member is told what stands with us. In others nothing is ours to say."""
        return self.follow(there) if self._correct(there) else Outcome("held")

    def _correct(self, profile: Profile) -> bool:
        """Is she in our audience? A push says nothing of whoever is off its list: of them, too, all is to be right."""
        key = member.member_id(profile.address)
        known = self._audience.read(key)
        if known and known["status"] not in MAILED:
            self._audience.correct(key, profile)
        return known is not None

    def restrict(self, profile: Profile, restricted: bool) -> Outcome:
        """Archived: Mailchimp keeps the member and sends nothing. Lifting brings back whoever still consents."""
        key = member.member_id(profile.address)
        known = self._audience.read(key)
        if not restricted:
            return self._unarchived(profile, known)
        if known and known["status"] == "subscribed":
            self._audience.archive(key)
        return Outcome("held" if known else "not_held")

    def _unarchived(self, profile: Profile, known: Data | None) -> Outcome:
        """What is archived here looks as if staff had archived it there; our own consent decides."""
        if known is None or known["status"] != "archived" or not profile.granted:
            return self.push(profile)
        return self._subscribed(profile, self._audience.put(profile, status="subscribed"))

    def lists(self, purposes: Iterable[str]) -> frozenset[str]:
        """The audience, and a tag for every purpose."""
        return frozenset({ANY, *purposes})

    def members(self) -> Iterator[Member]:
        return self._audience.members()

    def everybody(self) -> Iterator[Listed]:
        """Members of every status with the proof that Mailchimp holds, for a company that arrives with its audience."""
        return self._audience.everybody()

    @property
    def place(self) -> str:
        """The audience, by the id that Mailchimp gave it."""
        return self._id

    def ping(self) -> str:
        about = self._audience.about()
        members = about.get("stats", {}).get("member_count", 0)
        full = "" if member.LINK in self._audience.fields() else f" {NO_ROOM}"
        return f"Mailchimp answers: audience “{about.get('name')}”, members: {members}{full}"

    def _subscribe(self, profile: Profile, known: Data | None) -> Outcome:
        gone = known is not None and known["status"] not in ("subscribed", "transactional")
        if known and gone and not profile.given_after(member.last_changed(known)):
            return Outcome("unsubscribed", f"Mailchimp shows “{known['status']}”, from after this consent was given.")
        status = {} if known is None or known["status"] == "subscribed" else {"status": "subscribed"}
        try:
            return self._subscribed(profile, self._audience.put(profile, **status))
        except Problem as problem:
            if problem.title not in REFUSALS:
                raise
            return Outcome("manual", f"{REFUSALS[problem.title]}; {WAY_BACK} {self._form()}".rstrip())

    def _subscribed(self, profile: Profile, shown: Data) -> Outcome:
        if shown["status"] != "subscribed":
            return Outcome("unsubscribed", f"Mailchimp shows “{shown['status']}”: the person has just left there.")
        self._audience.set_tags(profile, shown)
        return Outcome("subscribed")

    def _unsubscribe(self, profile: Profile, known: Data | None) -> Outcome:
        if known and known["status"] in MAILED:
            known = self._audience.unsubscribe(known["id"])
        if known is None:
            return Outcome("not_held")
        if known["status"] != "archived":
            self._audience.set_tags(profile, known)
        return Outcome("unsubscribed")

    def _add(self, profiles: Sequence[Profile]) -> dict[str, Data]:
        """Who is new. A batch that is refused whole is no loss: everybody then takes the other way."""
        try:
            return self._audience.add(profiles)
        except Problem as problem:
            if problem.status != 400:
                raise
            return {}

    def _settle(self, profile: Profile, added: Mapping[str, Data]) -> Outcome:
        new = added.get(member.member_id(profile.address))
        try:
            return self._subscribed(profile, new) if new and profile.granted else self.push(profile)
        except Problem as problem:
            if problem.status != 400:
                raise
            return Outcome("manual", str(problem))

    def _hits(self, address: str) -> set[str]:
        found = said(self._client.search.search(address), "exact_matches")
        return {
            f"{row['list_id']}/{row['id']}"
            for row in said(found, "members")
            if row["email_address"].lower() == address.lower()
        }

    def _at(self, name: str) -> Audience:
        """The audience of an id that `find` gave."""
        audience = name.partition("/")[0]
        return self._audience if audience == self._id else Audience(self._client, audience)

    def _form(self) -> str:
        try:
            return str(self._audience.about().get("subscribe_url_long", ""))
        except Problem:
            return ""

    @property
    def _audience(self) -> Audience:
        return self._open()[1]

    @property
    def _client(self) -> Client:
        return self._open()[0]

    def _open(self) -> tuple[Client, Audience]:
        """Made at first use: the vendor's library takes 21 MB, which a process that only listens need not pay."""
        with self._lock:
            if self._made is None:
                from app.processors.mailchimp.client import TIMEOUT, Client

                client = Client(self._base, self._key, self._timeout or TIMEOUT, self.pace)
                self._made = client, Audience(client, self._id)
            return self._made


def _key(name: str) -> str:
    return name.partition("/")[2]
