"""Where a request stands, read from its tasks: how far it has come, what is under way, what waits for a human."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from app.clock import now
from app.privacy.models import PrivacyRequest, PrivacyTask
from app.privacy.phases import FORGET, LETTER, SIDE_BY_SIDE, VERIFY

RUNNING = ("executing", "waiting_external", "needs_human", "verifying")
STUCK = ("failed", "manual", "verify_failed")
AFTER = (LETTER, FORGET)  # these come when the request has ended
WAITS = ("dispatched", "retrying", "planned")
LIVE = (*WAITS, "polling")
TAIL = timedelta(days=2)  # a vendor that takes longer keeps nobody from going on, and is looked at again
PATIENCE = timedelta(days=14)  # nor one that says `soon` for so long


def busy(task: PrivacyTask) -> bool:
    """Is it to be done, or under way?"""
    return task.state in WAITS or (task.state == "polling" and not tail(task))


def stuck(task: PrivacyTask) -> bool:
    """Does it wait for a human?"""
    return task.state in STUCK


def tail(task: PrivacyTask) -> bool:
    """Is it over but for what a vendor drops by itself, much later?"""
    if task.state != "polling" or task.check_at is None or task.check_at <= now():
        return False
    asked = task.done_at or task.check_at
    long = bool(task.started_at and asked - task.started_at > PATIENCE)
    return long or task.check_at - asked >= TAIL


def lasting(task: PrivacyTask) -> bool:
    """Is something still there, for a reason, that will go by itself?"""
    return task.state == "kept" or tail(task)


def phase(tasks: Iterable[PrivacyTask]) -> int | None:
    """The phase that is being worked on; None when everything but the letter is over.

    Work that is stuck holds up what comes after it, but not the erasures side by side with it.
    """
    waiting: int | None = None
    for task in sorted(tasks, key=lambda task: task.phase):
        if task.phase in AFTER:
            continue
        if waiting and (task.phase not in SIDE_BY_SIDE or waiting not in SIDE_BY_SIDE):
            return waiting
        if busy(task):
            return task.phase
        waiting = waiting or (task.phase if stuck(task) else None)
    return waiting


def state(request: PrivacyRequest) -> str:
    """The state that its tasks amount to, as long as it is running."""
    tasks = [task for task in request.tasks if task.phase not in AFTER]
    here = phase(tasks)
    moving = [task.state for task in tasks if busy(task) and task.phase <= (here or 0)]
    if any(stuck(task) for task in tasks):
        return "needs_human"
    if moving and set(moving) == {"polling"}:
        return "waiting_external"
    return "verifying" if here in (VERIFY, None) else "executing"


def due(task: PrivacyTask, moment: datetime | None = None) -> bool:
    """May it be done now, as far as it is concerned?"""
    if task.state in ("planned", "dispatched"):
        return True
    return task.state in ("retrying", "polling") and task.check_at is not None and task.check_at <= (moment or now())


def answered(request: PrivacyRequest) -> bool:
    """Has it come to its end once? What goes on afterwards has days of its own, and no month to be answered in."""
    return any(task.act == "letter" and task.state != "planned" for task in request.tasks)
