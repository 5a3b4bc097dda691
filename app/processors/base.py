"""What every processor answers, in our verbs. A processor knows its vendor and nothing of us."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, ClassVar

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_NEVER = datetime.max.replace(tzinfo=UTC)
NO_ACCESS = frozenset({401, 403})  # what HTTP answers to a key, or to rights, that will not do
ANY = ""  # in place of a purpose: the list of whoever says yes to anything


class Retry(Exception):
    """The vendor cannot answer now. `after` is the wait in seconds where the vendor named one."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class Crowded(Retry):
    """We would be too many, by our own count: the vendor has not been asked, and nothing is wrong with it."""


class Rejected(Exception):
    """The vendor refused, and asking again will not help. The text holds no personal data.

    `everybody`: it would refuse whomever we asked about, as a key is wrong or a permission gone. Of the person it has
    said nothing.
    """

    def __init__(self, reason: str = "", everybody: bool = False) -> None:
        super().__init__(reason)
        self.everybody = everybody


@dataclass(frozen=True)
class Consent:
    """What the ledger allows for one purpose. A moment without a zone is taken as UTC, as databases keep it."""

    purpose: str
    granted: bool
    since: datetime | None = None
    requested_at: datetime | None = None
    ip: str | None = None  # already truncated

    def __post_init__(self) -> None:
        for name in ("since", "requested_at"):
            object.__setattr__(self, name, _utc(getattr(self, name)))


@dataclass(frozen=True)
class Profile:
    """One person as a processor may know them: canonical address, volunteered values, consents."""

    address: str
    language: str = "nb"
    name: str = ""
    company: str = ""
    phone: str = ""
    consents: Mapping[str, Consent] = field(default_factory=dict)
    unsubscribe_url: str = ""
    acquainted: bool = False  # has this processor ever been told of the person?
    typed: str = ""  # the address as the person wrote it: some vendors tell capitals from small letters
    refs: Mapping[str, Sequence[str]] = field(default_factory=dict)  # ids we know her by, per processor
    account: Mapping[str, str] = field(default_factory=dict)  # postal address and tax number, by field
    last: str = ""  # how the last push to this processor ended, a word of Outcome.STATES
    lists: tuple[str, ...] = ()  # and on which lists that left the person, where they can be left one by one

    @property
    def granted(self) -> list[str]:
        """Purposes the person says yes to now, sorted."""
        return sorted(p for p, consent in self.consents.items() if consent.granted)

    @property
    def proof(self) -> Consent:
        """The oldest consent still given, which put the person on the list. `ValueError` where nothing is granted."""
        consents = [self.consents[purpose] for purpose in self.granted]
        return min(consents, key=lambda consent: consent.since or _NEVER)

    def given_after(self, moment: datetime) -> bool:
        """Is any consent younger than this moment? One without a date is not: it must not bring anybody back."""
        return any((self.consents[purpose].since or _LONG_AGO) > moment for purpose in self.granted)


@dataclass(frozen=True)
class Outcome:
    """How an act ended. `state` is one word of STATES; `text` is plain English without personal data.

    `held` is somebody known there who is on no list; `law` and `until` say why and how long something is kept;
    `check_at` is when to call again. `lists` are the purposes whose lists the person is on now, and `left` those whose
    lists they have left there by themselves, where that can be done one by one.
    """

    STATES: ClassVar[frozenset[str]] = frozenset(
        {"subscribed", "unsubscribed", "held", "not_held", "erased", "kept", "pending", "manual"}
    )
    state: str
    text: str = ""
    law: str = ""
    until: date | None = None
    check_at: datetime | None = None
    lists: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.state not in self.STATES:
            raise ValueError(f"unknown outcome {self.state!r}")


@dataclass(frozen=True)
class Held:
    """One object a processor holds about a person."""

    kind: str
    id: str


@dataclass(frozen=True)
class Member:
    """One row of a processor's own lists, for the drift check: somebody, and the purposes for which she is on one.

    `again` is somebody who has been named before, for other purposes. `runs` is somebody who is there to run the list,
    and no subscriber: nothing of what she says here puts her there or takes her off.
    """

    address: str
    subscribed: bool
    purposes: frozenset[str] = frozenset({ANY})
    again: bool = False
    runs: bool = False


@dataclass(frozen=True)
class Notice:
    """What a processor tells us of a person by webhook, normalised.

    `kind` is `unsubscribed`, `cleaned`, `subscribed`, `profile` or `address_changed`; `key` tells a repeat from news.
    """

    kind: str
    address: str
    at: datetime
    key: str
    new_address: str = ""
    by_us: bool = False


@dataclass(frozen=True)
class Cap:
    """What a vendor allows one account: units a second and in a burst, and calls under way at once. 0 is no limit."""

    per_second: float = 0.0
    burst: float = 0.0
    at_once: int = 0


class Pace:
    """The turn that every call waits for. Here nobody waits; an app puts in one that all its workers share."""

    @contextmanager
    def turn(self, units: float = 1.0) -> Iterator[None]:
        """Around one call that costs so many units. Raises `Retry` where the wait would be long."""
        yield


class Processor:
    """The five verbs. Every verb may raise `Retry` or `Rejected`, and nothing else on purpose."""

    name: ClassVar[str]
    addressed: ClassVar[frozenset[str]] = frozenset()  # kinds of objects whose address `rectify` can change
    cap: Cap | None = None
    pace: Pace = Pace()

    def share(self, pace: Pace) -> None:
        """Take turns with others. Called before the first verb."""
        self.pace = pace

    def push(self, profile: Profile) -> Outcome:
        """Bring the vendor in line with this state. Twice is the same as once."""
        raise NotImplementedError

    def push_many(self, profiles: Iterable[Profile]) -> Iterator[tuple[Profile, Outcome]]:
        """The same for many, in the vendor's bulk call where it has one."""
        for profile in profiles:
            yield profile, self.push(profile)

    def find(self, profile: Profile) -> list[Held]:
        """Every object held about the person, with its id at the vendor."""
        raise NotImplementedError

    def export(self, profile: Profile) -> dict[str, Any]:
        """What the person gets on an access request."""
        raise NotImplementedError

    def erase(self, profile: Profile) -> Outcome:
        """Remove the person. Complete only when `find` then returns nothing, or the outcome says why not."""
        raise NotImplementedError

    def rectify(self, profile: Profile, new_address: str = "") -> Outcome:
        """Replace what is wrong there. A push does that already, unless the vendor's word counts for more.

        With `new_address` the address itself is wrong: `profile` has the one that she is known by there. She stays
        where she stood, for nobody comes onto a list by moving. Twice is once.
        """
        return Outcome("manual", "An address cannot be changed from here.") if new_address else self.push(profile)

    def follow(self, profile: Profile) -> Outcome:
        """What `rectify` does last: told of her by the new address, as she stands. `held` where she is on no list."""
        outcome = self.push(profile)
        return Outcome("held", outcome.text) if outcome.state == "not_held" else outcome

    def restrict(self, profile: Profile, restricted: bool) -> Outcome:
        """Keep, and do not use (GDPR article 18), or lift that. What no API can do is for a person to do."""
        return Outcome("manual", "This cannot be done from here.")

    def lists(self, purposes: Iterable[str]) -> frozenset[str]:
        """Those of these purposes that its members tell apart; `ANY` where being there at all is a list too."""
        return frozenset({ANY})

    def members(self) -> Iterator[Member]:
        """Who the vendor thinks is on the list, for the drift check."""
        raise NotImplementedError

    def ping(self) -> str:
        """One cheap read that proves key and address work; returns a line for `flask check`."""
        raise NotImplementedError


def _utc(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
