"""One task: written down before the call and after it, so that a crash in between is followed by the same call again.

A vendor that cannot answer is asked again, later and later; one that refuses leaves the task to a human, with the
reason and a button.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from structlog import get_logger

from app import outbox, processors
from app.clock import now
from app.extensions import db
from app.outbox.engine import DELAYS, LONGEST
from app.privacy import acts, answers, identity, lanes, moving, standing
from app.privacy.acts import Answer, Job
from app.privacy.models import PrivacyRequest, PrivacyTask
from app.privacy.phases import CHANGES, OWN
from app.privacy.service import lock, mark
from app.privacy.sighting import SHARED
from app.processors.base import Crowded, Rejected, Retry
from app.sync import pages
from app.sync.coverage import service as coverage
from app.sync.jobs import speaking

log = get_logger()

SOON = timedelta(seconds=5)
CHANGED = "Plugins have changed there. Look at the connections, accept the change, and try again."


@dataclass(frozen=True)
class Begun:
    """A task that has been written down as begun."""

    id: int
    request_id: int
    holder: str
    act: str
    job: Job


def do_lane(name: str) -> None:
    """Whatever is due in a lane, in its order. For the worker: commits, and calls outside."""
    tasks, waits = lanes.tasks(name), set()
    db.session.commit()
    for request_id, task_id, state in tasks:
        if request_id not in waits and not run(task_id) and state == "planned":
            waits.add(request_id)  # its phase has not come, and none that follows it


def run(task_id: int) -> bool:
    """Do one task. False where it was not its turn. For the worker: commits, and calls outside."""
    begun = _begin(task_id)
    db.session.commit()
    if begun is None:
        return False
    try:
        _finish(begun, _called(begun))
    except Exception as error:
        db.session.rollback()  # of what an act of our own had begun
        _failed(begun, error)
    return True


def _failed(begun: Begun, error: Exception) -> None:
    if isinstance(error, Crowded):
        _put_back(begun, error)
    elif isinstance(error, Retry):
        _later(begun, str(error), error.after)
    elif isinstance(error, Rejected):
        _settle(begun, "failed", text=str(error)[:500])
    else:
        # Only its kind is kept: a foreign exception's text may hold somebody's address.
        log.error("privacy_bug", act=begun.act, holder=begun.holder, task=begun.id, error=type(error).__name__)
        _later(begun, f"An error of our own: {type(error).__name__}.", None)


def _begin(task_id: int) -> Begun | None:
    """Write down that it begins; None where it is not its turn."""
    task = db.session.get(PrivacyTask, task_id)
    request = lock(task.request_id) if task else None
    if task is None or request is None or request.state not in standing.RUNNING or not acts.ours(task.act, task.holder):
        return None
    here = standing.phase(request.tasks)
    if not standing.due(task) or (here is not None and task.phase > here) or _barred(request, task):
        return None
    if task.act in CHANGES and request.contact_id and pages.being_told(request.contact_id, task.holder):
        lanes.start(request, task.holder, now() + SOON)
        return None
    if task.act in CHANGES:
        _check_again(request, task)
    mark(task, "dispatched", "system", started_at=task.started_at or now(), check_at=None)
    return Begun(task.id, request.id, task.holder, task.act, acts.job(request, task))


def _barred(request: PrivacyRequest, task: PrivacyTask) -> bool:
    """Would this erase somebody else, or where plugins have come and gone? Then a human looks first."""
    if task.act == "rectify" and (why := moving.in_the_way(request, task)):
        mark(task, "manual", "system", text=why)
    elif task.act != "erase":
        return False
    elif any(one.get("shared") for one in identity.thaw(task.sealed)[1]):
        mark(task, "manual", "system", text=SHARED)
    elif task.holder in coverage.covered() and coverage.changes(task.holder):
        mark(task, "failed", "system", text=CHANGED)
    else:
        return False
    outbox.enqueue("privacy.advance", request.id)
    return True


def _check_again(request: PrivacyRequest, act: PrivacyTask) -> None:
    """What is done anew is read anew."""
    for task in request.tasks:
        if task.holder == act.holder and task.act == "verify" and task.state != "planned":
            mark(task, "planned", "system", check_at=None)


def _called(begun: Begun) -> Answer | None:
    """The call outside, or what is read here; None for what is done in the transaction that notes it."""
    if begun.holder == OWN:
        return acts.read(begun.act, begun.request_id, begun.job)
    processor = processors.active().get(begun.holder)
    if processor is None:
        raise Rejected(f"{begun.holder} is not connected any more.")
    with speaking(begun.holder):
        answer = acts.outside(begun.act, processor, begun.job)
    outbox.fault(f"privacy.{begun.holder}.called")
    return answer


def _finish(begun: Begun, answer: Answer | None) -> None:
    request, task = _held(begun)
    if request and task:
        answers.note(request, task, answer or acts.here(begun.act, request, begun.job))
        outbox.enqueue("privacy.advance", begun.request_id)
    db.session.commit()
    outbox.fault(f"privacy.{begun.holder}.noted")


def _held(begun: Begun) -> tuple[PrivacyRequest | None, PrivacyTask | None]:
    """The task, if it still is as we began it: the request may have been cancelled meanwhile."""
    request = lock(begun.request_id)
    task = next((task for task in request.tasks if task.id == begun.id), None) if request else None
    return (request, task) if task and task.state == "dispatched" else (None, None)


def _put_back(begun: Begun, full: Crowded) -> None:
    """We would be too many: nothing has been called, and no attempt is lost."""
    request, task = _held(begun)
    if request and task:
        when = now() + timedelta(seconds=full.after or 1)
        mark(task, "retrying", "system", check_at=when)
        lanes.start(request, task.holder, when)
    db.session.commit()


def _later(begun: Begun, why: str, after: float | None) -> None:
    request, task = _held(begun)
    if request and task and task.attempts >= len(DELAYS):
        _settle(begun, "failed", text=f"It has not answered for days: {why}"[:500])
        return
    if request and task:
        wait = max(DELAYS[task.attempts], min(timedelta(seconds=after or 0), LONGEST))
        mark(task, "retrying", "system", text=why[:500], attempts=task.attempts + 1, check_at=now() + wait)
        lanes.start(request, task.holder, task.check_at)
        outbox.enqueue("privacy.advance", request.id)
    db.session.commit()


def _settle(begun: Begun, state: str, **values: object) -> None:
    request, task = _held(begun)
    if request and task:
        mark(task, state, "system", done_at=now(), **values)
        outbox.enqueue("privacy.advance", request.id)
    db.session.commit()
