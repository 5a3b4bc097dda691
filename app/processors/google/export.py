"""What a person is shown of a mailbox."""

from __future__ import annotations

from typing import Any

from app.processors.google.message import Message, content, header, spellings


def copy(message: Message) -> dict[str, Any]:
    """A copy that we put there, in full: it is the person's own submission, or our letter to them."""
    parts = [part for part in message.mail.walk() if part.get_content_type() == "text/plain"]
    return {
        "date": message.at.isoformat(),
        "from": header(message.mail, "From"),
        "to": header(message.mail, "To"),
        "subject": header(message.mail, "Subject"),
        "text": "\n".join(map(content, parts)),
    }


def listed(message: Message, id: str, address: str) -> dict[str, Any]:
    """That a message exists. Its subject only where the person has read it: they wrote it, or it was sent to them."""
    party = bool(message.parties() & set(spellings(address)))
    shown = {"id": id, "date": message.at.isoformat(), "party": party}
    return {**shown, "subject": header(message.mail, "Subject")} if party else shown


def shown(message: Message, address: str) -> dict[str, Any]:
    """What somebody needs who decides about a message, headers only."""
    return {
        "at": message.at,
        "sender": header(message.mail, "From"),
        "to": header(message.mail, "To"),
        "subject": header(message.mail, "Subject"),
        "party": bool(message.parties() & set(spellings(address))),
        "spam": "SPAM" in message.labels,
    }
