"""What the worker does for archives: letters that staff chose are fetched, and what is old is let go."""

from __future__ import annotations

from base64 import b64encode

from sqlalchemy import delete, select

from app import processors
from app.clock import now
from app.extensions import db
from app.outbox import handles, periodic
from app.privacy.archive import composers as _composers  # noqa: F401  registers the letter
from app.privacy.archive import parts, reviewing
from app.privacy.models import ENDED, PrivacyArchive, PrivacyPart, PrivacyRequest, PrivacyTask
from app.privacy.service import lock
from app.processors.base import Rejected


@handles("privacy.letters")
def fetch(ref: str) -> None:
    """The letters of one mailbox that staff chose and that are not here yet, one commit each."""
    part = db.session.get(PrivacyPart, int(ref))
    content = parts.read(part) if part else {}
    db.session.commit()
    for id in reviewing.missing(content):
        _keep(int(ref), id, _message(content["holder"], id))
        db.session.commit()


def _message(holder: str, id: str) -> str:
    """The letter as it is; empty where it is gone."""
    box = processors.active().get(holder)
    if box is None or not hasattr(box, "message"):
        raise Rejected(f"{holder} is not connected")
    return b64encode(box.message(id)).decode()


def _keep(task_id: int, id: str, text: str) -> None:
    """Unless staff have changed their mind meanwhile."""
    task = db.session.get(PrivacyTask, task_id)
    request = lock(task.request_id) if task else None
    part = db.session.get(PrivacyPart, task_id, populate_existing=True) if request else None
    content = parts.read(part) if part else {}
    if part and id in reviewing.missing(content):
        content.setdefault("letters", {})[id] = text
        parts.write(part, content)


@periodic(minute="11", hour="3")
def tidy() -> None:
    """Archives older than seven days, and parts of requests that have ended."""
    db.session.execute(delete(PrivacyArchive).where(PrivacyArchive.expires_at < now()))
    ended = select(PrivacyTask.id).join(PrivacyRequest).where(PrivacyRequest.state.in_(ENDED))
    db.session.execute(delete(PrivacyPart).where(PrivacyPart.task_id.in_(ended)))
    db.session.commit()
