"""Correspondence may show other people: a human picks what goes into the archive (GDPR article 15 (4))."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app import outbox
from app.privacy.archive import parts
from app.privacy.models import PrivacyPart, PrivacyRequest


@dataclass(frozen=True)
class Message:
    """One message in a company's mailbox that names the person. `subject` only where she wrote or received it."""

    task_id: int
    id: str
    date: str
    subject: str
    party: bool
    chosen: bool


def review(request: PrivacyRequest) -> list[Message]:
    """Every message a human must say yes or no to; empty where there is nothing to look at."""
    return [message for part in parts.of(request) for message in _messages(part)]


def _messages(part: PrivacyPart) -> Iterator[Message]:
    content = parts.read(part)
    chosen = content.get("chosen", [])
    for row in _listed(content):
        given = (row.get("date", ""), row.get("subject", ""), bool(row.get("party")))
        yield Message(part.task_id, row["id"], *given, chosen=row["id"] in chosen)


def _listed(content: dict[str, Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = content["exported"].get(parts.LETTERS, [])
    return rows


def choose(request: PrivacyRequest, ids: Sequence[str]) -> int:
    """A human has looked: these go into the archive in full, the rest as no more than a number. Returns how many.

    The caller holds the request, and settles its review task. The letters themselves are fetched by the worker.
    """
    count = 0
    for part in parts.of(request):
        content = parts.read(part)
        content["chosen"] = [row["id"] for row in _listed(content) if row["id"] in ids]
        content["letters"] = {id: text for id, text in content.get("letters", {}).items() if id in content["chosen"]}
        parts.write(part, content)
        count += len(content["chosen"])
        if missing(content):
            outbox.enqueue("privacy.letters", part.task_id, lane=f"gmail:letters:{part.task_id}")
    return count


def choosing(request: PrivacyRequest) -> bool:
    """Is a chosen letter still on its way here? The archive waits for it."""
    return any(missing(parts.read(part)) for part in parts.of(request))


def missing(content: dict[str, Any]) -> list[str]:
    """Ids of chosen letters that have not been fetched."""
    return [id for id in content.get("chosen", []) if id not in content.get("letters", {})]
