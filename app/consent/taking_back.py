"""What a signed link takes away, and from whom: the person it was made for, or else whoever reads that mailbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from app.consent import service
from app.consent.links import Withdrawal
from app.consent.models import ConsentEvent
from app.contacts.models import Contact
from app.contacts.service import find
from app.extensions import db


@dataclass(frozen=True)
class Taken:
    """How a press ended: `done` or `already`; of somebody whom we hold nothing about `kept_off`, or `gone` where there
    was nothing left to shut. The purposes shut just now, and the events where there is somebody to record them of."""

    state: str
    purposes: list[str] = field(default_factory=list)
    events: list[ConsentEvent] = field(default_factory=list)


def whose(link: Withdrawal) -> Contact | None:
    """Whom the link is about today."""
    return db.session.scalar(select(Contact).where(Contact.subject == link.subject)) or find(link.address)


def left(link: Withdrawal) -> Taken:
    """What a press would shut now; where that is anything, the state is `ask`, or `offer` to whoever is on no list."""
    if contact := whose(link):
        open_ = service.left(contact, link.purposes)
        return Taken("ask" if open_ else "already", open_)
    open_ = service.not_refused(link.address, link.purposes) if link.address else []
    return Taken("offer" if open_ else "gone", open_)


def press(link: Withdrawal, method: str, facts: Callable[[Contact], dict[str, Any]] | None = None) -> Taken:
    """Take it back, in the caller's transaction. Somebody whom we hold nothing about is left alone from now on."""
    if contact := whose(link):
        told = facts(contact) if facts else None
        events = service.withdraw(contact, link.purposes, actor="subject", method=method, facts=told, site=link.site)
        return Taken("done" if events else "already", [event.purpose for event in events], events)
    shut = service.refuse(link.address, link.purposes) if link.address else []
    return Taken("kept_off" if shut else "gone", shut)
