"""Letters we wrote to her: when, and what they were about. Their words are not kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, select

from app.clock import iso
from app.extensions import db
from app.letters.models import Letter
from app.privacy.own.who import Who
from app.processors.base import Held


def find(who: Who) -> Iterator[Held]:
    ids = db.session.scalars(select(Letter.id).where(Letter.contact_id == who.contact_id).order_by(Letter.id))
    yield from (Held("letter", str(id_)) for id_ in ids)


def export(who: Who, lang: str) -> dict[str, Any]:
    """`letters` that were sent."""
    sent = select(Letter).where(Letter.contact_id == who.contact_id, Letter.sent_at.is_not(None)).order_by(Letter.id)
    return {
        "letters": [
            {"kind": row.kind, "label": _label(row.kind), "sent": iso(row.sent_at) if row.sent_at else None}
            for row in db.session.scalars(sent)
        ]
    }


def _label(kind: str) -> str:
    kinds: dict[str, str] = {
        "confirm": _("Letter: please confirm"),
        "receipt_confirmed": _("Letter: receipt for consent"),
        "receipt_withdrawn": _("Letter: receipt for withdrawal"),
        "lost_link": _("Letter: link to unsubscribe"),
        "privacy_disclosed": _("Letter: what had to be handed out"),
    }
    return kinds.get(kind, kind)


def erase(who: Who) -> None:
    db.session.execute(delete(Letter).where(Letter.contact_id == who.contact_id))
