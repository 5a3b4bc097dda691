"""Looking at every holder before anything is changed: what is held about a person, by which ids.

The calls go outside, so no transaction is open meanwhile: `look` commits before the first and after each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from app import contacts, processors
from app.contacts.models import Contact
from app.extensions import db
from app.outbox import fault
from app.privacy import own, selves
from app.privacy.identity import Identity
from app.privacy.phases import OWN
from app.processors.base import Held, Profile, Rejected
from app.sync import profile as profiles
from app.sync.coverage import service as coverage
from app.sync.jobs import speaking

SHARED = "What is held there is somebody else's as well. Separate the two there, then erase hers by hand."


@dataclass(frozen=True)
class Sight:
    """What one holder holds. `objects` is None where it refused to say; `trouble` then says why."""

    holder: str
    profile: Profile
    objects: Sequence[Held] | None
    trouble: str = ""
    fingerprint: str = ""  # of what its plugins cover, where it has any
    shared: frozenset[str] = frozenset()  # ids of what belongs to somebody else, too

    @property
    def found(self) -> int | None:
        return None if self.objects is None else len(self.objects)

    @property
    def frozen(self) -> list[dict[str, str]]:
        """The objects as a snapshot keeps them."""
        return [_frozen(one, one.id in self.shared) for one in self.objects or ()]


def _frozen(one: Held, shared: bool) -> dict[str, str]:
    return {"kind": one.kind, "id": one.id} | ({"shared": "yes"} if shared else {})


def look(known: Identity) -> list[Sight]:
    """Everywhere. Raises `Retry` where a holder cannot answer now: a plan without it would be none."""
    return list(_sights(known))


def _sights(known: Identity) -> Iterator[Sight]:
    mine = profiles_for(known, (OWN, *processors.active()))
    yield Sight(OWN, mine[OWN], own.find(mine[OWN]))
    for name in processors.active():
        db.session.commit()
        yield _asked(name, mine[name])
        fault(f"privacy.{name}.found")
    db.session.commit()


def _asked(name: str, profile: Profile) -> Sight:
    mark = coverage.fingerprint(name)
    db.session.commit()
    try:
        with speaking(name):
            objects = selves.found(processors.active()[name], profile)
    except Rejected as refusal:
        return Sight(name, profile, None, str(refusal), mark)
    shared = selves.shared(name, profile, objects)
    trouble = SHARED if shared else ""
    return Sight(name, _known_by(profile, name, objects), objects, trouble, mark, frozenset(shared))


def _known_by(profile: Profile, name: str, objects: Sequence[Held]) -> Profile:
    """With the ids that were found: a vendor that blanks an address no longer finds by it what it keeps."""
    ids = {*profile.refs.get(name, ()), *(one.id for one in objects)}
    return replace(profile, refs={**profile.refs, name: sorted(ids)})


def profiles_for(known: Identity, holders: Iterable[str]) -> dict[str, Profile]:
    """The person as each holder may know her: as she stands with us now, or by her address alone.

    Our own rows are found by that alone.
    """
    contact = person(known)
    if contact is None:
        return dict.fromkeys(holders, Profile(known.address, typed=known.typed))
    outside = profiles.build_each(contact, (holder for holder in holders if holder != OWN))
    named = {name: selves.named(profile, contact, name) for name, profile in outside.items()}
    return {OWN: Profile(contact.address, typed=contact.display), **named}


def person(known: Identity) -> Contact | None:
    """Her row, while there is one."""
    return contacts.find(known.address)
