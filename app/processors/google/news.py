"""What came into a mailbox since the last time: bounces, and wishes to leave."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.processors.base import Notice
from app.processors.google import inbox
from app.processors.google.bounce import Written
from app.processors.google.mailbox import Mailbox
from app.processors.google.problem import Problem

RESYNC = timedelta(days=30)
NOT_NEWS = {"SENT", "DRAFT", "CHAT", "SPAM", "TRASH"}


@dataclass(frozen=True)
class News:
    """What came into a mailbox, and the point from which to ask the next time."""

    notices: list[Notice]
    history: str


def read(box: Mailbox, since: str, written: Written) -> News:
    """As `Gmail.news` says."""
    ids, last = _new(box, since)
    notices = []
    for found in filter(None, map(box.read, ids)):
        if not found.labels & NOT_NEWS:
            notices += inbox.notices(found, written, _digest(box.address, found.id))
    return News(notices, last)


def _new(box: Mailbox, since: str) -> tuple[list[str], str]:
    if since:
        try:
            return box.history(since)
        except Problem as problem:
            if problem.status != 404:
                raise
    last = box.now()  # before the search, so that nothing falls between
    begin = int((datetime.now(UTC) - RESYNC).timestamp())
    return list(box.ids(q=f"after:{begin}", includeSpamTrash=False)), last


def _digest(mailbox: str, id: str) -> str:
    return hashlib.sha256(f"{mailbox}\n{id}".encode()).hexdigest()
