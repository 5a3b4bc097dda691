"""One request: what is asked, what has been done where, and which buttons it needs. They act in `request_acts`."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, render_template, url_for
from sqlalchemy import select

from app import audit
from app.admin import actors
from app.admin.gate import ID, actor, bp, scripted
from app.admin.pages.requests import item
from app.admin.request_words import ACTS, ORIGINS, STATES, STAYS, colour, task_state, unfit_words
from app.admin.task_words import told
from app.clock import now
from app.consent.models import ConsentEvent
from app.contacts.models import Contact
from app.extensions import db
from app.labels import field_label
from app.privacy import (
    archive,
    by_hand,
    denial,
    extending,
    identity,
    lifting,
    mailroom,
    moving,
    outcome_words,
    typed,
    words,
)
from app.privacy.errors import Unfit
from app.privacy.keeping import GROUNDS
from app.privacy.models import PrivacyArchive, PrivacyReceipt, PrivacyRecord, PrivacyRequest, PrivacyTask
from app.privacy.phases import CHANGES
from app.privacy.standing import RUNNING

MOVING = ("received", "planned", *RUNNING)
COUNTED = {"export", "verify", *CHANGES}  # acts that are about objects, of which there are so many
# Characters that there is room for in what staff type.
MOST = {"extension": extending.LONGEST, "note": denial.LONGEST, "proof": by_hand.LONGEST, "known": typed.KNOWN}
STEPS = 200  # of the history, newest first


@bp.get(f"/requests/{ID}")
def request_page(id: int) -> Any:
    """One request, and who it is about: that somebody looked is noted."""
    row = get(id)
    person = _person(row)
    audit.look(actor(), "looked_at_request", person.subject if person else "", f"request:{row.id}")
    return page(row)


def page(row: PrivacyRequest, unfit: Unfit | None = None) -> Response:
    """`unfit` is what was wrong with what was typed: it is said beside its field, and what was typed stays."""
    wrong = {unfit.field: unfit_words(unfit)} if unfit else {}
    return scripted(render_template("admin/request.html", wrong=wrong, **_shown(row, _person(row))))


def _person(row: PrivacyRequest) -> Contact | None:
    return db.session.get(Contact, row.contact_id) if row.contact_id else None


def get(id: int) -> PrivacyRequest:
    """The request, or 404."""
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
        "tasks": [_task(task, row.kind) for task in row.tasks],
        "letters": archive.review(row),
        "steps": _steps(row),
        "who": actors.names([row.approved_by, *(task.proof_by for task in row.tasks)]),
        "receipt": db.session.scalar(select(PrivacyReceipt.number).where(PrivacyReceipt.request_id == row.id).limit(1)),
        "archive": db.session.get(PrivacyArchive, row.id),
        "may": _may(row),
        "most": MOST,
    }


def _task(task: PrivacyTask, kind: str) -> dict[str, Any]:
    mail = mailroom.open_question(task)
    letters = mailroom.listed(task) if mail else None
    return {
        "row": task,
        "counts": task.act in COUNTED,
        "goes": task.act == "erase" or (task.act == "verify" and kind == "erasure"),
        "act": ACTS.get(task.act, task.act),
        "holder": words.holder(task.holder),
        "state": task_state(task.act, task.state),
        "colour": colour(task.state),
        "by_hand": task.state in ("manual", "failed") and not mail and moving.by_hand(task),
        "again": task.state in ("manual", "failed", "verify_failed"),
        "mail": mail,
        "until": words.day(task.until),
        "law": outcome_words.law(task.law),
        "told": told(task.text),
        "proof": told(task.proof),
        "pieces": letters,
        "grounds": [{"value": ground, "label": STAYS.get(ground, ground)} for ground in GROUNDS],
        "days": [words.day(day) for day in mailroom.proposals(letters)] if letters else [],
    }


def _may(row: PrivacyRequest) -> dict[str, bool]:
    """Which buttons the page shows. Each act looks for itself whether it may be."""
    begun = any(task.started_at for task in row.tasks)
    pending, ended = row.state == "identity_pending", row.ended_at is not None
    return {
        "approve": row.state == "awaiting_approval",
        "identify": pending and not moving.wanted(row),
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
    rows = db.session.execute(mine).all()
    who = actors.names(event.actor for event, _ in rows)
    return [{"at": event.at, "what": _what(event.type, facts), "actor": who[event.actor]} for event, facts in rows]


def _what(type_: str, facts: dict[str, Any]) -> str:
    """An event in words: where the request stands, or what became of an act at a holder."""
    if "holder" not in facts:
        return str(STATES.get(facts.get("state", type_), type_))
    act, holder = ACTS.get(facts["act"], facts["act"]), words.holder(facts["holder"])
    return f"{act} · {holder}: {task_state(facts['act'], type_)}"
