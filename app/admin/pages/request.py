"""One request: what is asked, what has been done where, and every button that it may need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from app import audit
from app.admin.gate import ID, actor, bp, scripted
from app.admin.pages.requests import item
from app.admin.request_words import ACTS, ORIGINS, STATES, TASKS, colour
from app.clock import now
from app.consent.models import ConsentEvent
from app.contacts.models import Contact
from app.extensions import db
from app.labels import field_label
from app.privacy import archive, by_hand, denial, extending, identity, lifting, mailroom, opening, planning, words
from app.privacy.errors import NotPossible, NotWaiting
from app.privacy.models import PrivacyArchive, PrivacyReceipt, PrivacyRecord, PrivacyRequest, PrivacyTask
from app.privacy.phases import CHANGES
from app.privacy.service import lock
from app.privacy.standing import RUNNING

LONGEST = 500
MOVING = ("received", "planned", *RUNNING)
COUNTED = {"export", "verify", *CHANGES}  # acts that are about objects, of which there are so many
STEPS = 200  # of the history, newest first


@bp.get(f"/requests/{ID}")
def request_page(id: int) -> Any:
    """One request, and who it is about: that somebody looked is noted."""
    row = _get(id)
    person = db.session.get(Contact, row.contact_id) if row.contact_id else None
    audit.look(actor(), "looked_at_request", person.subject if person else "", f"request:{row.id}")
    return scripted(render_template("admin/request.html", **_shown(row, person)))


def _get(id: int) -> PrivacyRequest:
    return db.session.get(PrivacyRequest, id) or abort(404)


def _shown(row: PrivacyRequest, person: Contact | None) -> dict[str, Any]:
    wishes = identity.unseal(row.wishes)
    return {
        "item": item(row) | {"word": row.word, "plan": row.plan_hash, "live": row.state in MOVING},
        "row": row,
        "person_url": url_for("admin.contact", id=person.id) if person else None,
        "origin": ORIGINS.get(row.origin, row.origin),
        "ground": words.GROUNDS.get(row.kind, {}).get(row.ground, row.ground),
        "changes": [(field_label(field), value) for field, value in wishes.get("changes", {}).items()],
        "copy_first": bool(wishes.get("copy_first")),
        "denial": words.denial(row.denial) if row.denial else "",
        "denials": [(code, words.denial(code)) for code in denial.REASONS],
        "tasks": [_task(task) for task in row.tasks],
        "letters": archive.review(row),
        "steps": _steps(row),
        "receipt": db.session.scalar(select(PrivacyReceipt.number).where(PrivacyReceipt.request_id == row.id).limit(1)),
        "archive": db.session.get(PrivacyArchive, row.id),
        "may": _may(row),
    }


def _task(task: PrivacyTask) -> dict[str, Any]:
    mail = mailroom.open_question(task)
    return {
        "row": task,
        "counts": task.act in COUNTED,
        "act": ACTS.get(task.act, task.act),
        "holder": words.holder(task.holder),
        "state": TASKS.get(task.state, task.state),
        "colour": colour(task.state),
        "by_hand": task.state in ("manual", "failed") and not mail,
        "again": task.state in ("manual", "failed", "verify_failed"),
        "mail": mail,
        "pieces": mailroom.listed(task) if mail else None,
    }


def _may(row: PrivacyRequest) -> dict[str, bool]:
    """Which buttons the page shows. Each act looks for itself whether it may be."""
    begun = any(task.started_at for task in row.tasks)
    pending, ended = row.state == "identity_pending", row.ended_at is not None
    return {
        "approve": row.state == "awaiting_approval",
        "identify": pending,
        "extend": not ended and not pending and not row.extension and now() <= row.due_at,
        "end": not ended and (row.kind in denial.COPIES or not begun),
        "lift": row.kind == "restriction" and row.state in lifting.ENDED and row.contact_id is not None,
        "choose": any(task.act == "export" and task.state == "manual" for task in row.tasks),
    }


def _steps(row: PrivacyRequest) -> list[dict[str, Any]]:
    """What has been written down, the newest first."""
    mine = (
        select(ConsentEvent, PrivacyRecord.facts)
        .join(PrivacyRecord, PrivacyRecord.event_id == ConsentEvent.id)
        .where(ConsentEvent.subject == row.word)
        .order_by(ConsentEvent.at.desc())
        .limit(STEPS)
    )
    return [
        {"at": event.at, "what": _what(event.type, facts), "actor": event.actor}
        for event, facts in db.session.execute(mine)
    ]


def _what(type_: str, facts: dict[str, Any]) -> str:
    """An event in words: where the request stands, or what became of an act at a holder."""
    if "holder" not in facts:
        return str(STATES.get(facts.get("state", type_), type_))
    act, holder = ACTS.get(facts["act"], facts["act"]), words.holder(facts["holder"])
    return f"{act} · {holder}: {TASKS.get(type_, type_)}"


# What staff do


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
    how = request.form.get("identified_by", "").strip()[:200]
    if not how or "@" in how:
        return _back(id, _("Say how you know who it is, without the address."))
    done = _("Noted. The worker looks where something is held.")
    return _do(id, "identified_person", lambda row: opening.identified(row, actor(), how), done)


@bp.post(f"/requests/{ID}/extend")
def extend_request(id: int) -> Any:
    reason = request.form.get("reason", "")
    done = _("A letter with the reason is on its way. The date moves when it has been sent.")
    return _do(id, "extended_request", lambda row: extending.extend(row, reason, actor()), done)


@bp.post(f"/requests/{ID}/deny")
def deny_request(id: int) -> Any:
    code, note = request.form.get("reason", ""), request.form.get("note", "")[:LONGEST]
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


@bp.post(f"/requests/{ID}/tasks/<int:task_id>/<verb>")
def act_on_task(id: int, task_id: int, verb: str) -> Any:
    """`done` by hand, `again`, `look` at letters, or `remove` those that were ticked."""
    task = db.session.get(PrivacyTask, task_id)
    if task is None or task.request_id != id or verb not in VERBS:
        abort(404)
    return _do(id, f"task_{verb}", lambda _row: VERBS[verb](task), _("Noted."))


def _done(task: PrivacyTask) -> None:
    by_hand.confirm_manual(task, request.form.get("proof", "")[:LONGEST], actor())


def _remove(task: PrivacyTask) -> None:
    mailroom.decide(task, request.form.getlist("letter"), actor())


VERBS: dict[str, Callable[[PrivacyTask], object]] = {
    "done": _done,
    "again": lambda task: by_hand.again(task, actor()),
    "look": mailroom.look,
    "remove": _remove,
}
REFUSED = (
    planning.PlanChanged,
    planning.NothingToApprove,
    NotPossible,
    NotWaiting,
    ValueError,
)


def _do(id: int, what: str, act: Callable[[PrivacyRequest], object], done: str) -> Any:
    """One act, its line in the audit trail, and back to the page. What cannot be done is said there."""
    row = _get(id)
    try:
        act(row)
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
    return reasons.get(type(refusal)) or _("Something is missing: say what was done, or why.")
