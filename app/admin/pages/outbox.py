"""What has given up, and what waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from app import audit
from app import outbox as engine
from app.admin import keyset
from app.admin.gate import ID, actor, bp
from app.admin.reasons import plain
from app.clock import from_ms, to_ms
from app.extensions import db
from app.outbox.due import first_of_each, streams
from app.outbox.models import OutboxRow

WAITING = 20
FAR = datetime(9999, 1, 1, tzinfo=UTC)


@bp.get("/outbox")
def outbox() -> Any:
    """Failures by the time they gave up, and the next pieces of work."""
    page = keyset.page(failed, lambda row: to_ms(row.failed_at))
    first = page.newer is None
    return render_template(
        "admin/outbox.html",
        failed=[_item(row, row.failed_at, url_for("admin.try_again", id=row.id)) for row in page.rows],
        waiting=[_item(row, row.run_at, None) for row in waiting()] if first else [],
        **page.urls(),
    )


def failed(before: int | None, after: int | None, limit: int) -> Sequence[OutboxRow]:
    """Failed rows next to a moment (milliseconds): there is an index of failures by time, and none by id."""
    statement = select(OutboxRow).where(OutboxRow.failed_at.is_not(None))
    found = db.session.scalars(
        keyset.beside(statement, OutboxRow.failed_at, _moment(before), _moment(after), limit)
    ).all()
    return keyset.newest_first(found, after)


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else from_ms(min(milliseconds, to_ms(FAR)))


def waiting() -> Sequence[OutboxRow]:
    """The next rows in line."""
    ids = [row.id for row in first_of_each(streams(), limit=WAITING)]
    rows = select(OutboxRow).where(OutboxRow.id.in_(ids))
    return db.session.scalars(rows.order_by(OutboxRow.run_at, OutboxRow.id)).all()


def _item(row: OutboxRow, at: Any, action: str | None) -> dict[str, Any]:
    shown = {name: getattr(row, name) for name in ("id", "kind", "ref", "attempts", "error")}
    return {**shown, "why": plain(row.error), "at": at, "retry_action": action}


@bp.post(f"/outbox/{ID}/retry")
def try_again(id: int) -> Any:
    """From the start, with all its attempts."""
    row = db.session.get(OutboxRow, id) or abort(404)
    name = f"{row.kind}:{row.ref}"[:80]
    if engine.retry(id):
        audit.record(actor(), "tried_again", object=name)
        flash(_("It is being tried again."))
    else:
        flash(_("There was nothing left to try again."))
    db.session.commit()
    return redirect(url_for("admin.outbox"), 303)
