"""What is known when an act begins, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.privacy import identity, moving
from app.privacy.archive import Packed
from app.privacy.models import PrivacyRequest, PrivacyTask
from app.privacy.phases import OWN
from app.privacy.sighting import person, profiles_for
from app.processors.base import Held, Outcome, Profile

TELLING = {"rectify", "restrict", "lift", "object"}  # acts in which a processor is told of the person as she is now


@dataclass(frozen=True)
class Job:
    """What is known when an act begins: `then` is the person as she was planned.

    `today` is she as she is now, in acts in which a processor is told of her.
    """

    kind: str
    then: Profile
    today: Profile
    changes: Mapping[str, str] = field(default_factory=dict)
    objects: Sequence[Mapping[str, str]] = ()  # what was found when it was planned
    restricted: bool = False

    @property
    def new_address(self) -> str:
        """The canonical address that she is to be known by; empty where that is not what is wrong."""
        return moving.new_of(self.changes)


@dataclass(frozen=True)
class Answer:
    """How an act ended: an outcome, an export, or what was read. `right` says whether that is as it should be."""

    outcome: Outcome | None = None
    exported: dict[str, Any] | None = None
    held: Sequence[Held] = ()
    right: bool = True
    needless: bool = False  # nothing there can be as it was asked
    packed: Packed | None = None  # an archive, that is to be put behind its link


def job(request: PrivacyRequest, task: PrivacyTask) -> Job:
    """What is known as a task begins."""
    then, objects = identity.thaw(task.sealed)
    known = identity.reveal(request.sealed)
    contact = person(known) if known else None
    today = profiles_for(known, [task.holder])[task.holder] if known and contact and _tells(request, task) else then
    changes = identity.unseal(request.wishes).get("changes", {})
    return Job(request.kind, then, today, changes, objects, bool(contact and contact.restricted_at))


def _tells(request: PrivacyRequest, task: PrivacyTask) -> bool:
    """Does it need her as she is now? An objection is read by telling again, a correction by what should be there."""
    read_again = task.act == "verify" and request.kind in ("objection", "rectification")
    return task.holder != OWN and (task.act in TELLING or read_again)
