"""What the worker does for requests: plan them, carry them out, and look after what takes its time."""

from __future__ import annotations

from app import outbox
from app.extensions import db
from app.privacy import planning, running, settle, stages


@outbox.handles("privacy.plan")
def plan(ref: str) -> None:
    planning.plan(int(ref))


@outbox.handles("privacy.advance")
def advance(ref: str) -> None:
    settle.advance(int(ref))
    db.session.commit()


@outbox.handles("privacy.task")
def task(ref: str) -> None:
    """Whatever is due in this lane. `ref` is the lane: a holder, and a contact or a request."""
    running.do_lane(ref)


@outbox.periodic(minute="*/5")
def look() -> None:
    """Every few minutes: what has come due."""
    _wake(stages.waiting())


@outbox.periodic(hour="4", minute="5")
def release() -> None:
    """Nightly: what the law no longer wants."""
    _wake(stages.released())


@outbox.periodic(hour="*/6", minute="20")
def resume() -> None:
    """Nothing should need this. A request must not stand still because a job was given up."""
    for request_id in stages.unfinished():
        stages.resume(request_id)
        db.session.commit()


def _wake(ids: list[int]) -> None:
    db.session.commit()
    for task_id in ids:
        stages.wake(task_id)
        db.session.commit()
