"""Who holds something of a person here, and the verbs that go round all of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Protocol

from app import outbox
from app.clock import now
from app.i18n import speaking
from app.privacy.own import (
    consents,
    contact,
    letters,
    lists,
    processing,
    sales,
    submissions,
    traces,
    unread,
)
from app.privacy.own.who import Who
from app.processors.base import Held, Outcome, Profile

GATHER = timedelta(minutes=1)  # so that many erasures are followed by one wiping
LATER = timedelta(minutes=10)  # an import is over by then, or nearly


class Holder(Protocol):
    """One kind of row. `export` speaks the language that is being spoken; its keys are the same in all of them."""

    def find(self, who: Who) -> Iterator[Held]: ...

    def export(self, who: Who, lang: str) -> dict[str, Any]: ...

    def erase(self, who: Who) -> None: ...


# In the order of an export. The contact is erased last: the database takes with it what hangs on it.
HOLDERS: tuple[Holder, ...] = (contact, processing, consents, submissions, unread, letters, sales, lists, traces)


def find(profile: Profile) -> list[Held]:
    """Every row about the person: its kind and its id."""
    who = Who.of(profile)
    return [held for holder in HOLDERS for held in holder.find(who)]


def count(profile: Profile) -> int:
    """How much is left: what `verify` reads. The keyed hash that keeps her from coming back is not counted."""
    return len(find(profile))


def export(profile: Profile, lang: str) -> dict[str, Any]:
    """All of it for the person to read, in her language. Times are RFC 3339; `label` and the like are in words."""
    who, found = Who.of(profile), dict[str, Any]()
    with speaking(lang):
        for holder in HOLDERS:
            found |= holder.export(who, lang)
    return found


def erase(profile: Profile) -> Outcome:
    """Remove every row: `erased`, or `not_held`.

    `pending`, with the moment to call again, while an import that names her is under way.
    """
    who = Who.of(profile, hold=True)
    before = sum(1 for holder in HOLDERS for _ in holder.find(who))
    for holder in reversed(HOLDERS):
        holder.erase(who)
    outbox.enqueue("privacy.wipe", run_at=now() + GATHER)
    if any(lists.find(who)):
        return Outcome("pending", "A list that names the person is being taken in.", check_at=now() + LATER)
    return Outcome("erased" if before else "not_held")
