"""Letters in a company's own mailbox that name somebody who is to be erased: a human says which of them go.

They may show others, and may document a sale, so no program decides (GDPR articles 15 (4) and 17 (3) (b)). The worker
fetches what a human needs to see, and keeps it sealed for as long as the question is open.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from flask import current_app

from app import outbox
from app.clock import now
from app.extensions import db
from app.privacy import identity, keeping
from app.privacy.errors import NotWaiting
from app.privacy.models import PrivacyPart, PrivacyTask
from app.processors import bookkeeping

HOLDER = "gmail"
STAYS, GOES = "stays", "goes"  # of a letter that was kept: it is to stay; its last day has come


@dataclass(frozen=True)
class Piece:
    """One letter. `party`: did the person write or get it, or is she only named in it?"""

    id: str
    at: str
    sender: str
    to: str
    subject: str
    party: bool

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.at)


def open_question(task: PrivacyTask) -> bool:
    """Does this task wait for somebody to look through letters?"""
    return task.holder == HOLDER and task.act == "erase" and task.state == "manual"


def look(task: PrivacyTask) -> None:
    """Have the worker fetch the letters. Raises NotWaiting. The caller commits."""
    if not open_question(task):
        raise NotWaiting(task.id)
    outbox.enqueue("privacy.mail", task.id, lane=f"gmail:mail:{task.id}")


def listed(task: PrivacyTask) -> list[Piece] | None:
    """The letters, newest first; None as long as they have not been fetched."""
    part = db.session.get(PrivacyPart, task.id)
    known = identity.unseal(part.sealed) if part else {}
    return [Piece(**piece) for piece in known["pieces"]] if known else None


def keep(task: PrivacyTask, pieces: list[dict[str, object]]) -> None:
    """What the worker has fetched."""
    part = db.session.get(PrivacyPart, task.id) or PrivacyPart(task_id=task.id)
    part.sealed = identity.seal({"pieces": pieces})
    db.session.add(part)


@dataclass(frozen=True)
class Choice:
    """What a human chose, who it was, and why and until when (ISO 8601) the rest stays: empty where nothing does."""

    gone: Sequence[str] = ()
    kept: Sequence[str] = ()
    ground: str = ""
    actor: str = ""
    until: str = ""

    @property
    def last_day(self) -> date | None:
        return date.fromisoformat(self.until) if self.until else None


def proposals(pieces: Sequence[Piece]) -> list[date | None]:
    """The last days that follow if all of these stay: for what documents a sale, and for a claim."""
    moments = [piece.moment for piece in pieces]
    return [keeping.proposed(ground, moments, _fiscal()) for ground in (keeping.SALES, keeping.CLAIMS)]


def _fiscal() -> bookkeeping.Fiscal:
    return bookkeeping.read(current_app.config)


def decide(task: PrivacyTask, ids: Collection[str], ground: str, actor: str, until: str = "") -> int:
    """These go, the rest stays, on one of the grounds and until a day: as typed, or as it follows from the ground.

    Returns how many go. What is not on the list that was shown cannot be chosen. Raises NotWaiting, or Unfit
    where something is to stay without a ground or a day that can be. The caller commits.
    """
    pieces = listed(task)
    if pieces is None or not open_question(task):
        raise NotWaiting(task.id)
    gone, kept = [one.id for one in pieces if one.id in ids], [one for one in pieces if one.id not in ids]
    choice = Choice(gone, actor=actor)
    if kept:
        moments, today = [one.moment for one in kept], bookkeeping.today(now())
        day = keeping.last_day(ground, until, moments, today, _fiscal())
        choice = Choice(gone, [one.id for one in kept], ground, actor, day.isoformat())
    part = db.session.get_one(PrivacyPart, task.id)
    part.sealed = identity.seal(identity.unseal(part.sealed) | {"choice": asdict(choice)})
    outbox.enqueue("privacy.unmail", task.id, lane=f"gmail:unmail:{task.id}")
    return len(gone)


def chosen(task: PrivacyTask) -> Choice:
    part = db.session.get(PrivacyPart, task.id)
    known = identity.unseal(part.sealed) if part else {}
    return Choice(**known.get("choice", {}))


def remember(task: PrivacyTask, choice: Choice) -> None:
    """What stays, so that whoever reads the mailbox again expects exactly that."""
    _write_down(task, choice.kept, STAYS)


def let_go(task: PrivacyTask) -> None:
    """The last day of what stayed has passed: exactly that is erased now, as was decided when it was kept."""
    if kept := stays(task):
        _write_down(task, sorted(kept), GOES)


def _write_down(task: PrivacyTask, ids: Sequence[str], word: str) -> None:
    profile, _ = identity.thaw(task.sealed)
    task.sealed = identity.freeze(profile, [{"kind": "correspondence", "id": id, word: "yes"} for id in ids])


def stays(task: PrivacyTask) -> set[str]:
    """Ids of letters that a human decided to keep; none where nobody has."""
    return set(_noted(task, STAYS))


def goes(task: PrivacyTask) -> set[str]:
    """Ids of letters that were kept until a day that has passed."""
    return set(_noted(task, GOES))


def _noted(task: PrivacyTask, word: str) -> list[str]:
    return going(identity.thaw(task.sealed)[1], word) if task.sealed else []


def going(objects: Sequence[Mapping[str, str]], word: str = GOES) -> list[str]:
    """Ids of those in a snapshot that were kept until now."""
    return [one["id"] for one in objects if one.get(word)]


def close(task: PrivacyTask) -> None:
    """The question has been answered: what was fetched is dropped."""
    part = db.session.get(PrivacyPart, task.id)
    if part:
        db.session.delete(part)
