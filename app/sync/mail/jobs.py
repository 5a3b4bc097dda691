"""What the worker does: read what is new in the mailbox, take it in, and only then note how far it has read."""

from __future__ import annotations

from typing import cast

from flask import current_app

from app import outbox, processors
from app.extensions import db
from app.processors.google.gmail import Gmail
from app.sync import google, notices
from app.sync.jobs import speaking
from app.sync.mail import service

NAME = Gmail.name


@outbox.periodic(minute="*/5")
def mail() -> None:
    """In Gmail's own stream, so that a pause holds this too. Without a permission it would only fail every time."""
    if current_app.config["GMAIL_MAILBOX"] and google.standing().admitted:
        outbox.enqueue("sync.inbox", lane="gmail:inbox")
        db.session.commit()


@outbox.handles("sync.inbox")
def inbox(ref: str) -> None:
    """Killed half way, it reads the same again: a notice is known by its key, and a repeat is no news."""
    gmail = cast("Gmail | None", processors.active().get(NAME))
    if gmail is None:
        return
    since = service.read_until(NAME, gmail.address)
    db.session.commit()
    with speaking(NAME):
        news = gmail.news(since, _written_to)
    db.session.commit()
    for notice in news.notices:
        notices.heed(NAME, notice)
        db.session.commit()
    service.note(NAME, gmail.address, news.history)
    db.session.commit()


def _written_to(message_id: str) -> str:
    """Asked in the middle of reading the mailbox, so the database is let go of at once."""
    address = service.written_to(message_id)
    db.session.commit()
    return address
