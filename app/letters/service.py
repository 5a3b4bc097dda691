"""Asks for a letter."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from flask import current_app

from app import outbox
from app.contacts.models import Contact
from app.extensions import db
from app.letters.models import Letter
from app.letters.transports import stream
from app.sites.models import Site


def write(
    kind: str,
    *,
    contact: Contact | None,
    site: Site,
    lang: str,
    refs: dict[str, Any],
    run_at: datetime | None = None,
) -> Letter:
    """Have a letter sent, in the caller's transaction, not before `run_at`.

    `refs` are ids that the kind's composer reads the rest from when the letter leaves; never personal data.
    """
    letter = Letter(
        kind=kind,
        contact_id=contact.id if contact else None,
        site_id=site.id,
        lang=lang,
        request_id=refs.get("request"),
        refs=refs,
        message_id=f"<{uuid4()}@{host()}>",
    )
    db.session.add(letter)
    db.session.flush()
    outbox.enqueue(
        "letter.send", letter.id, lane=f"{stream(current_app.config['MAIL_URL'])}:{letter.id}", run_at=run_at
    )
    return letter


def host() -> str:
    """The name we go by in Message-ID and List-Id."""
    return urlsplit(current_app.config["BASE_URL"]).hostname or "localhost"
