"""What staff do about one request: each act, its line in the audit trail, and back to the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _

from app import audit
from app.admin.gate import ID, actor, bp
from app.admin.pages.request import get, page
from app.extensions import db
from app.privacy import archive, by_hand, denial, extending, lifting, mailroom, opening, planning, typed
from app.privacy.errors import NotPossible, NotWaiting, Unfit
from app.privacy.models import PrivacyRequest, PrivacyTask
from app.privacy.service import lock


@bp.post(f"/requests/{ID}/approve")
def approve_request(id: int) -> Any:
    """The plan that was on the page, and no other."""
    seen = request.form.get("plan", "")
    if not seen:
        abort(400)
    return _do(
        id, "approved_request", lambda row: planning.approve(row, actor(), seen), _("Approved. The work begins.")
    )


@bp.post(f"/requests/{ID}/identify")
def identify_request(id: int) -> Any:
    how, done = request.form.get("identified_by", ""), _("Noted. The worker looks where something is held.")
    return _do(id, "identified_person", lambda row: opening.identified(row, actor(), typed.vouched(how)), done)


@bp.post(f"/requests/{ID}/extend")
def extend_request(id: int) -> Any:
    reason = request.form.get("reason", "")
    done = _("A letter with the reason is on its way. The date moves when it has been sent.")
    return _do(id, "extended_request", lambda row: extending.extend(row, reason, actor()), done)


@bp.post(f"/requests/{ID}/deny")
def deny_request(id: int) -> Any:
    code, note = request.form.get("reason", ""), request.form.get("note", "")
    return _do(
        id, "denied_request", lambda row: denial.deny(row, code, actor(), note), _("Refused. The person is told why.")
    )


@bp.post(f"/requests/{ID}/cancel")
def cancel_request(id: int) -> Any:
    return _do(id, "cancelled_request", lambda row: denial.cancel(row, actor()), _("Cancelled."))


@bp.post(f"/requests/{ID}/lift")
def lift_request(id: int) -> Any:
    done = _("The person is told first; then everything is used again.")
    return _do(id, "lifted_restriction", lambda row: lifting.lift(row, actor()), done)


@bp.post(f"/requests/{ID}/letters")
def choose_letters(id: int) -> Any:
    """Which letters with other people in them go into the archive."""
    return _do(id, "chose_letters", _choose, _("Thank you. These go into the archive, and no others."))


def _choose(row: PrivacyRequest) -> None:
    held = lock(row.id) or abort(404)
    count = archive.choose(held, request.form.getlist("letter"))
    for task in held.tasks:
        if task.act == "export" and task.state == "manual":
            by_hand.confirm_manual(task, f"Looked through: {count} chosen.", actor())


@bp.post(f"/requests/{ID}/tasks/<int:task_id>/remove")
def remove_letters(id: int, task_id: int) -> Any:
    """Those that were ticked go. For the rest there is a ground and a last day."""
    task = _task(id, task_id)
    return _do(id, "task_remove", lambda _row: _remove(task), _("Noted."))


def _remove(task: PrivacyTask) -> None:
    said = request.form
    mailroom.decide(task, said.getlist("letter"), said.get("ground", ""), actor(), said.get("until", ""))


@bp.post(f"/requests/{ID}/tasks/<int:task_id>/<verb>")
def act_on_task(id: int, task_id: int, verb: str) -> Any:
    """`done` by hand, `again`, or `look` at letters."""
    task = _task(id, task_id)
    if verb not in VERBS:
        abort(404)
    return _do(id, f"task_{verb}", lambda _row: VERBS[verb](task), _("Noted."))


def _task(id: int, task_id: int) -> PrivacyTask:
    task = db.session.get(PrivacyTask, task_id)
    return task if task and task.request_id == id else abort(404)


def _done(task: PrivacyTask) -> None:
    by_hand.confirm_manual(task, request.form.get("proof", ""), actor())


VERBS: dict[str, Callable[[PrivacyTask], object]] = {
    "done": _done,
    "again": lambda task: by_hand.again(task, actor()),
    "look": mailroom.look,
}
REFUSED = (
    planning.PlanChanged,
    planning.NothingToApprove,
    NotPossible,
    NotWaiting,
)


def _do(id: int, what: str, act: Callable[[PrivacyRequest], object], done: str) -> Any:
    """One act, its line in the audit trail, and back to the page. What cannot be done is said there.

    What was typed and cannot be is said beside its field, where it still stands.
    """
    row = get(id)
    try:
        act(row)
    except Unfit as unfit:
        db.session.rollback()
        return page(get(id), unfit), 422
    except REFUSED as refusal:
        db.session.rollback()
        return _back(id, _why(refusal))
    audit.record(actor(), what, object=f"request:{id}")
    db.session.commit()
    flash(done)
    return redirect(url_for("admin.request_page", id=id), 303)


def _back(id: int, why: str) -> Any:
    flash(why, "error")
    return redirect(url_for("admin.request_page", id=id), 303)


def _why(refusal: Exception) -> str:
    reasons: dict[type[Exception], str] = {
        planning.PlanChanged: _("The plan has changed since you looked, or plugins have. Look at it again."),
        planning.NothingToApprove: _("This request does not wait for approval."),
        NotPossible: _("That cannot be done any more, or not again: see where the request stands."),
        NotWaiting: _("It does not wait for this any more. Look at it again."),
    }
    return reasons[type(refusal)]
