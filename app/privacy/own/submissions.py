"""What she sent through forms. The whole row goes: without its answers and its sender nothing is left worth keeping."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from app.clock import iso
from app.consent import texts
from app.extensions import db
from app.labels import state_label
from app.privacy.own.who import Who
from app.processors.base import Held
from app.submissions import service
from app.submissions.catalogue import worded
from app.submissions.covered import covered
from app.submissions.letters import answers
from app.submissions.models import FormVersion, Submission


def find(who: Who) -> Iterator[Held]:
    ids = db.session.scalars(select(Submission.id).where(who.wrote()).order_by(Submission.id))
    yield from (Held("submission", str(id_)) for id_ in ids)


def export(who: Who, lang: str) -> dict[str, Any]:
    """`submissions`, also those in the spam box and those that nobody has read yet."""
    rows = db.session.scalars(select(Submission).where(who.wrote()).order_by(Submission.id))
    return {"submissions": [_shown(row, lang) for row in rows]}


def _shown(row: Submission, lang: str) -> dict[str, Any]:
    version = db.session.get_one(FormVersion, row.version_id)
    return {
        "id": str(row.id),  # has more digits than a JSON number may
        "form": worded(version.definition["title"], lang),
        "at": iso(row.received_at),
        "box": state_label(row.box),
        "answers": answers(row, version, lang),
        "fields": row.answers,
        "asked": [texts.label(purpose, lang) for purpose in sorted(row.asked)],
        "masked": covered(row.masked, version, lang),
        "network": row.network,
        "browser": row.user_agent,
        "page": row.page_url,
    }


def erase(who: Who) -> None:
    for row in list(db.session.scalars(select(Submission).where(who.wrote()))):
        service.forget(row)
