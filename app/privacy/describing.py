"""A request as the command line prints it. No personal data: numbers, words and dates."""

from __future__ import annotations

from typing import Any

from app.clock import iso
from app.privacy.models import PrivacyRequest, PrivacyTask


def summary(request: PrivacyRequest) -> dict[str, Any]:
    """Which request, and where it stands."""
    return {
        "number": request.id,
        "id": request.word,
        "kind": request.kind,
        "state": request.state,
        "received_at": iso(request.received_at),
        "due_at": iso(request.due_at),
    }


def describe(request: PrivacyRequest) -> dict[str, Any]:
    """The same with its tasks, in the order they are done."""
    return summary(request) | {"tasks": [_task(task) for task in request.tasks]}


def _task(task: PrivacyTask) -> dict[str, Any]:
    plain = {name: getattr(task, name) for name in ("holder", "act", "state", "found", "left", "text", "law")}
    until = task.until.isoformat() if task.until else None
    return plain | {"until": until, "check_at": iso(task.check_at) if task.check_at else None}
