"""Letters in a company's own mailbox that name somebody who is to be erased: a human says which of them go.

They may show others, and may document a sale, so no program decides (GDPR articles 15 (4) and 17 (3) (b)). The worker
fetches what a human needs to see, and keeps it sealed for as long as the question is open.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from app import outbox
from app.extensions import db
from app.privacy import identity
from app.privacy.errors import NotWaiting
from app.privacy.models import PrivacyPart, PrivacyTask

HOLDER = "gmail"


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
    part.sealed = identity.seal({"pieces": pieces, "chosen": [], "actor": ""})
    db.session.add(part)


def decide(task: PrivacyTask, ids: Collection[str], actor: str) -> int:
    """These go, the rest stays. Returns how many go. Raises NotWaiting. The caller commits.

    What is not on the list that was shown cannot be chosen.
    """
    pieces = listed(task)
    if pieces is None or not open_question(task):
        raise NotWaiting(task.id)
    chosen = [piece.id for piece in pieces if piece.id in ids]
    part = db.session.get_one(PrivacyPart, task.id)
    part.sealed = identity.seal(identity.unseal(part.sealed) | {"chosen": chosen, "actor": actor})
    outbox.enqueue("privacy.unmail", task.id, lane=f"gmail:unmail:{task.id}")
    return len(chosen)


def chosen(task: PrivacyTask) -> tuple[list[str], int, str]:
    """What a human chose, of how many, and who it was."""
    part = db.session.get(PrivacyPart, task.id)
    known = identity.unseal(part.sealed) if part else {}
    return known.get("chosen", []), len(known.get("pieces", [])), known.get("actor", "")


def close(task: PrivacyTask) -> None:
    """The question has been answered: what was fetched is dropped."""
    part = db.session.get(PrivacyPart, task.id)
    if part:
        db.session.delete(part)
