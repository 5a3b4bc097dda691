"""What an answer means for its task."""

from __future__ import annotations

from app.clock import now
from app.privacy import archive, mailroom, moving, verifying
from app.privacy.acts import Answer
from app.privacy.models import PrivacyRequest, PrivacyTask
from app.privacy.service import mark
from app.processors.base import Outcome

LOOK = "Letters with other people in them: somebody must choose which of them she gets."


def note(request: PrivacyRequest, task: PrivacyTask, answer: Answer) -> None:
    """Settle a task that was begun, in the caller's transaction. The caller holds the request."""
    task.text = ""
    if answer.packed:
        archive.keep(request, answer.packed)
    if task.act == "verify":
        verifying.judge(request, task, answer)
        moving.there(request, task)
    elif answer.needless:
        mark(task, "skipped", "system", done_at=now())
    elif answer.exported is not None:
        _exported(request, task, answer.exported)
    elif answer.outcome is not None:
        _ended(task, answer.outcome)
    elif answer.right:
        mark(task, "verified", "system", done_at=now(), verified_at=now())
    else:
        mark(task, "failed", "system", done_at=now(), text="A read does not show what was to be done.")


def _exported(request: PrivacyRequest, task: PrivacyTask, exported: dict[str, object]) -> None:
    if not exported:
        mark(task, "not_found", "system", done_at=now(), verified_at=now())
        return
    archive.collect(task, exported)
    others = any(message.task_id == task.id for message in archive.review(request))
    if others:
        mark(task, "manual", "system", done_at=now(), text=LOOK)
    else:
        mark(task, "verified", "system", done_at=now(), verified_at=now())


def _ended(task: PrivacyTask, outcome: Outcome) -> None:
    """`done` is what the vendor says; whether it is so, a read must show."""
    if not mailroom.stays(task):  # what a human decided stands
        task.law, task.until = outcome.law, outcome.until
    task.check_at = outcome.check_at
    task.done_at = now()
    mark(task, _state(task, outcome), "system", text=outcome.text[:500])


def _state(task: PrivacyTask, outcome: Outcome) -> str:
    if task.act == "lift" and outcome.state != "manual":
        return "verified"
    if outcome.state == "manual" and mailroom.stays(task):
        return "kept"  # only our own copies went: whether there is more than was to stay, a read shows
    if outcome.state == "not_held":
        return "not_found" if not task.found else "done"
    return {"kept": "kept", "pending": "polling", "manual": "manual"}.get(outcome.state, "done")
