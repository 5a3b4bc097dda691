"""Requests and their tasks: held while something is decided, and moved in one place only, where each move is proven.

Nothing here commits, except where it says so.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.clock import now
from app.extensions import db
from app.privacy import proof
from app.privacy.models import ENDED, STATES, TASK_STATES, PrivacyRequest, PrivacyTask

SHORT = {"completed_with_retention": "completed_retention"}  # the ledger has room for twenty letters


def lock(request_id: int) -> PrivacyRequest | None:
    """The request and its tasks as they are now, held until the transaction ends. None where there is none.

    SQLite has one writer at a time and needs no lock.
    """
    held = select(PrivacyRequest).where(PrivacyRequest.id == request_id).options(selectinload(PrivacyRequest.tasks))
    return db.session.scalar(held.with_for_update().execution_options(populate_existing=True))


def move(request: PrivacyRequest, state: str, actor: str, facts: dict[str, Any] | None = None) -> None:
    """The request stands here now, in the caller's transaction, and the ledger says so.

    The caller holds the request. `actor` is `subject`, `staff:<id>`, `cli` or `system`; `facts` are counts, codes and
    dates, never personal data. Raises ValueError for a state that there is not.
    """
    if state not in STATES:
        raise ValueError(f"unknown state {state!r}")
    request.state = state
    request.ended_at = (request.ended_at or now()) if state in ENDED else None
    db.session.flush()
    proof.note(request, SHORT.get(state, state), actor, facts={"state": state} | (facts or {}))


def mark(task: PrivacyTask, state: str, actor: str, **values: Any) -> None:
    """The task stands here now, with these columns, and the ledger says so. As `move` otherwise."""
    if state not in TASK_STATES:
        raise ValueError(f"unknown state of a task {state!r}")
    request = db.session.get_one(PrivacyRequest, task.request_id)
    task.state = state
    for name, value in values.items():
        setattr(task, name, value)
    db.session.flush()
    proof.note(request, state, actor, task=task)
