"""What a message that came in tells us of a person. Pure."""

from __future__ import annotations

from app.processors.base import Notice
from app.processors.google import bounce, optout
from app.processors.google.bounce import Written
from app.processors.google.message import Message


def notices(message: Message, written: Written, key: str) -> list[Notice]:
    """Its news, mostly none. `key` names the message, so that a repeat has the same."""
    bounced = bounce.addresses(message.mail, written)
    if bounced:
        return [Notice("cleaned", address, message.at, f"{key}:{n}") for n, address in enumerate(bounced)]
    leaver = optout.address(message.mail)
    return [Notice("unsubscribed", leaver, message.at, key)] if leaver else []
