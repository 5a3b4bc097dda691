"""Letters in a company's own mailbox that name somebody who is to be erased: a human says which of them go.

They may show others, and may document a sale, so no program decides (GDPR articles 15 (4) and 17 (3) (b)). The worker
fetches what a human needs to see, and keeps it sealed for as long as the question is open.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass

from app import outbox
from app.extensions import db
from app.privacy import identity
from app.privacy.errors import NotWaiting
from app.privacy.models import PrivacyPart, PrivacyTask

HOLDER = "gmail"
# Why a letter stays in spite of a wish to be erased, as the person is told.
GROUNDS = ("bokføringsloven § 13", "GDPR article 17 (3) (b)", "GDPR article 17 (3) (e)", "GDPR article 17 (1) (c)")


@dataclass(frozen=True)
class Piece:
    """One letter. `party`: did the person write or get it, or is she only named in it?"""

    id: str
    at: str
    sender: str
    to: str
    subject: str
    party: bool


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
    """What a human chose, who it was, and on which of GROUNDS the rest stays (empty where nothing does)."""

    gone: Sequence[str] = ()
    kept: Sequence[str] = ()
    ground: str = ""
    actor: str = ""


def decide(task: PrivacyTask, ids: Collection[str], ground: str, actor: str) -> int:
    """These go, the rest stays, on one of GROUNDS. Returns how many go. The caller commits.

    What is not on the list that was shown cannot be chosen. Raises NotWaiting, or ValueError where something is to stay
    and no ground is given.
    """
    pieces = listed(task)
    if pieces is None or not open_question(task):
        raise NotWaiting(task.id)
    gone = [piece.id for piece in pieces if piece.id in ids]
    kept = [piece.id for piece in pieces if piece.id not in ids]
    if kept and ground not in GROUNDS:
        raise ValueError("say why the rest stays")
    part = db.session.get_one(PrivacyPart, task.id)
    said = asdict(Choice(gone, kept, ground if kept else "", actor))
    part.sealed = identity.seal(identity.unseal(part.sealed) | {"choice": said})
    outbox.enqueue("privacy.unmail", task.id, lane=f"gmail:unmail:{task.id}")
    return len(gone)


def chosen(task: PrivacyTask) -> Choice:
    part = db.session.get(PrivacyPart, task.id)
    known = identity.unseal(part.sealed) if part else {}
    return Choice(**known.get("choice", {}))


def remember(task: PrivacyTask, choice: Choice) -> None:
    """What stays, so that whoever reads the mailbox again expects exactly that."""
    profile, _ = identity.thaw(task.sealed)
    task.sealed = identity.freeze(profile, [{"kind": "correspondence", "id": id, "stays": "yes"} for id in choice.kept])


def stays(task: PrivacyTask) -> set[str]:
    """Ids of letters that a human decided to keep; none where nobody has."""
    objects = identity.thaw(task.sealed)[1] if task.sealed else []
    return {one["id"] for one in objects if one.get("stays")}


def close(task: PrivacyTask) -> None:
    """The question has been answered: what was fetched is dropped."""
    part = db.session.get(PrivacyPart, task.id)
    if part:
        db.session.delete(part)
