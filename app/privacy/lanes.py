"""Lanes of requests: what is to be done for one person at one holder is done in turn."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from app import outbox
from app.extensions import db
from app.privacy import acts, standing
from app.privacy.models import PrivacyRequest, PrivacyTask


def name(request: PrivacyRequest, holder: str) -> str:
    """The same as of pushes to this holder: the two are never done at once for one person."""
    return f"{holder}:{request.contact_id or f'r{request.id}'}"


def start(request: PrivacyRequest, holder: str, run_at: datetime | None = None) -> None:
    """Have the tasks that are due at this holder done."""
    lane = name(request, holder)
    outbox.enqueue("privacy.task", lane, lane=lane, run_at=run_at)


def tasks(lane: str) -> list[tuple[int, int, str]]:
    """Requests and their tasks that a lane may have to do, and the state of each, in their order."""
    holder, _, whose = lane.partition(":")
    number = int(whose.removeprefix("r"))
    mine = PrivacyRequest.id == number if whose.startswith("r") else PrivacyRequest.contact_id == number
    columns = (PrivacyTask.request_id, PrivacyTask.id, PrivacyTask.state)
    found = select(*columns).join(PrivacyRequest, PrivacyRequest.id == PrivacyTask.request_id)
    live = PrivacyRequest.state.in_(standing.RUNNING), PrivacyTask.state.in_(standing.LIVE)
    found = found.where(mine, PrivacyTask.holder == holder, PrivacyTask.act.in_(acts.ALL), *live)
    rows = db.session.execute(found.order_by(PrivacyTask.request_id, PrivacyTask.phase, PrivacyTask.id))
    return [(request_id, task_id, state) for request_id, task_id, state in rows]
