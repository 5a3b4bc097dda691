"""Every step of a request as an event of the ledger: keyed hash, seals and verification as for consent.

The event names the request's random word, the act and where; its full facts stand beside it, bound by a salted hash.
"""

from __future__ import annotations

from secrets import token_bytes
from typing import Any

from app.consent import ledger
from app.consent.models import ConsentEvent
from app.encoding import b64
from app.extensions import db
from app.privacy.models import PrivacyRecord, PrivacyRequest, PrivacyTask

PREFIX = "privacy:"


def note(
    request: PrivacyRequest,
    type_: str,
    actor: str,
    *,
    task: PrivacyTask | None = None,
    facts: dict[str, Any] | None = None,
) -> ConsentEvent:
    """Write one step. The caller holds the request's row (see `service.lock`); `facts` holds no personal data.

    `type_` is at most 20 letters; text, whole numbers, booleans, None and lists and maps of them are facts.
    """
    salt, known = b64(token_bytes(32)), _facts(task) | (facts or {})
    event = ledger.append_about(
        request.word,
        f"{PREFIX}{request.kind}",
        type_,
        actor=actor,
        method=task.holder if task else "",
        evidence_hash=ledger.evidence_hash(salt, known),
    )
    task_id = task.id if task else None
    db.session.add(PrivacyRecord(event_id=event.id, request=request.word, task_id=task_id, salt=salt, facts=known))
    return event


def _facts(task: PrivacyTask | None) -> dict[str, Any]:
    if task is None:
        return {}
    known = {name: getattr(task, name) for name in ("id", "act", "holder", "state", "law", "found", "left")}
    return known | {"until": task.until.isoformat() if task.until else None}
