"""Our own tables as a holder, with the verbs of a processor. Each kind of row says for itself how it is found, shown,
erased and counted: see HOLDERS.

Everything is found by the profile's canonical address, so that it can be done again once the contact is gone. Nothing
here commits, and nothing talks to the world.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.processors.base import Held, Outcome, Profile


def find(profile: Profile) -> list[Held]:
    """Every row about the person: its kind and its id."""
    raise NotImplementedError


def count(profile: Profile) -> int:
    """How much is left: what `verify` reads. The keyed hash that keeps her from coming back is not counted."""
    return len(find(profile))


def export(profile: Profile, lang: str) -> dict[str, Any]:
    """What she gets: see `exporting`."""
    raise NotImplementedError


def rectify(profile: Profile, changes: Mapping[str, str], source: str) -> Outcome:
    """Replace values (fields of `contacts.service.FIELDS`, and `lang`); an empty one is taken away.

    `source` says where the new value comes from, as `request:<number>`. Raises `Rejected` for what cannot be
    rectified here. The answer is `held`, or `not_held` where we do not know her.
    """
    raise NotImplementedError


def stop(profile: Profile, ref: str = "") -> None:
    """Before anything is erased anywhere: from now on nothing brings her back and nothing is told of her.

    Writes the journal's line; `ref` is the word of the request.
    """
    raise NotImplementedError


def erase(profile: Profile) -> Outcome:
    """Remove every row. `erased`, `not_held`, or `pending` while an import that names her is under way."""
    raise NotImplementedError


def restrict(profile: Profile, on: bool, ref: str = "") -> Outcome:
    """Keep, and do not use (GDPR article 18), or lift that. Writes the journal's line. `held` or `not_held`."""
    raise NotImplementedError
