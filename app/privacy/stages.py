"""What comes later by itself: a vendor that takes its time, a trash that is emptied, and the day the law lets go."""

from __future__ import annotations

from sqlalchemy import select

from app import outbox
from app.clock import now
from app.extensions import db
from app.privacy import lanes, mailroom, standing
from app.privacy.models import PrivacyRequest, PrivacyTask
from app.privacy.service import lock, mark, move
from app.privacy.settle import OVER
from app.processors import bookkeeping

MANY = 500  # in one round; the next comes in minutes


def waiting() -> list[int]:
    """Ids of tasks whose time to be looked at has come. Those at a holder that is paused wait, and hold up nobody."""
    ripe = select(PrivacyTask.id).where(PrivacyTask.check_at <= now(), PrivacyTask.state.in_(("polling", "retrying")))
    ripe = ripe.where(PrivacyTask.holder.not_in(outbox.held(now())))
    return list(db.session.scalars(ripe.order_by(PrivacyTask.check_at).limit(MANY)))


def released() -> list[int]:
    """Ids of erasures whose data the law has had for as long as it wants it."""
    today = bookkeeping.today(now())
    kept = (PrivacyTask.state == "kept", PrivacyTask.act == "erase", PrivacyTask.until < today)
    return list(db.session.scalars(select(PrivacyTask.id).where(*kept).order_by(PrivacyTask.until).limit(MANY)))


def unfinished() -> list[int]:
    """Ids of requests that are under way: where a job was lost or given up, they are taken up again."""
    moving = (*standing.RUNNING, "received", "planned")
    return list(db.session.scalars(select(PrivacyRequest.id).where(PrivacyRequest.state.in_(moving))))


def wake(task_id: int) -> None:
    """Take a task up again. The caller commits."""
    found = db.session.get(PrivacyTask, task_id)
    request = lock(found.request_id) if found else None
    if found is None or request is None or found.state not in ("polling", "retrying", "kept"):
        return
    if found.act in ("letter", "tell"):
        outbox.enqueue("privacy.advance", request.id)
        return
    if request.state in OVER:
        move(request, "executing", "system", {"stage": "second"})
    if found.state == "kept":
        mailroom.let_go(found)
        mark(found, "planned", "system", attempts=0, left=None, started_at=None)
    lanes.start(request, found.holder)


def resume(request_id: int) -> None:
    """Ask for the next step of a request that may have lost its job. The caller commits."""
    request = db.session.get_one(PrivacyRequest, request_id)
    kind = "privacy.plan" if request.state in ("received", "planned") else "privacy.advance"
    outbox.enqueue(kind, request_id)
