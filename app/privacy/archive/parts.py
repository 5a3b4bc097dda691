"""What each holder exported, encrypted until the archive has been made of it."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select

from app.extensions import db
from app.privacy import identity
from app.privacy.models import PrivacyPart, PrivacyRequest, PrivacyTask

LETTERS = "correspondence"  # the heading under which a mailbox lists what others may stand in


def collect(task: PrivacyTask, exported: dict[str, Any]) -> PrivacyPart:
    """Keep what the holder of this export task gave. Twice is the same as once: the later one counts.

    `exported` is what `Processor.export` or our own export answers; moments, dates and amounts become text.
    """
    part = db.session.get(PrivacyPart, task.id) or PrivacyPart(task_id=task.id)
    write(part, {"holder": task.holder, "exported": json.loads(json.dumps(exported, default=str))})
    db.session.add(part)
    db.session.flush()
    return part


def read(part: PrivacyPart) -> dict[str, Any]:
    """`holder` and `exported`; after a human has chosen letters also `chosen`, and `letters` once they are here."""
    return identity.unseal(part.sealed)


def write(part: PrivacyPart, content: dict[str, Any]) -> None:
    part.sealed = identity.seal(content)


def of(request: PrivacyRequest) -> list[PrivacyPart]:
    """Every part of a request that was exported, in the order of its tasks."""
    mine = select(PrivacyPart).join(PrivacyTask, PrivacyTask.id == PrivacyPart.task_id)
    exported = (PrivacyTask.request_id == request.id, PrivacyTask.act == "export")
    return list(db.session.scalars(mine.where(*exported).order_by(PrivacyTask.id)))


def drop(request: PrivacyRequest) -> None:
    """They have become an archive, or are not wanted any more."""
    for part in of(request):
        db.session.delete(part)
    db.session.flush()
