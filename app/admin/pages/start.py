"""The first page: what waits for somebody, in numbers that cost nothing to know."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import render_template
from sqlalchemy import Select, func, select

from app.admin.gate import bp
from app.admin.request_words import GROUPS
from app.clock import now
from app.extensions import db
from app.outbox.models import OutboxRow
from app.privacy.models import PrivacyRequest
from app.submissions import ids
from app.submissions.models import Submission, UnreadBody

ENOUGH = 1000  # whoever has more than that needs no exact number
OSLO = ZoneInfo("Europe/Oslo")


@bp.get("/")
def start() -> Any:
    """Failures, requests that wait for staff, messages nobody could read, and what came today."""
    failed = select(OutboxRow.id).where(OutboxRow.failed_at.is_not(None))
    unread = select(UnreadBody.id).where(UnreadBody.submission_id.is_(None))
    asked = select(PrivacyRequest.id).where(PrivacyRequest.state.in_(GROUPS["human"] + GROUPS["approve"]))
    today = select(Submission.id).where(Submission.id >= ids.first(midnight()), Submission.box == "accepted")
    numbers = {"failed": count(failed), "unread": count(unread), "asked": count(asked), "today": count(today)}
    return render_template("admin/start.html", numbers=numbers, enough=ENOUGH)


def count(rows: Select[Any]) -> int:
    """How many, but never more than ENOUGH."""
    return db.session.scalar(select(func.count()).select_from(rows.limit(ENOUGH).subquery())) or 0


def midnight() -> datetime:
    """When today began in Norway."""
    return now().astimezone(OSLO).replace(hour=0, minute=0, second=0, microsecond=0)
