"""Messages that could not be read: the list, one of them, and reading it again after a mend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from app import audit
from app.admin import forms, keyset
from app.admin.gate import ID, actor, bp
from app.extensions import db
from app.submissions import covered, unread
from app.submissions.decode import DecodeError
from app.submissions.models import Form, UnreadBody


@bp.get("/review")
def review() -> Any:
    """The list."""
    page, known = keyset.page(rows, lambda row: int(row.id)), forms.all_forms()
    return render_template("admin/review.html", items=[_item(row, known) for row in page.rows], **page.urls())


def rows(before: int | None, after: int | None, limit: int) -> Sequence[UnreadBody]:
    """Unread bodies next to a key, newest first."""
    found = db.session.scalars(keyset.beside(select(UnreadBody), UnreadBody.id, before, after, limit)).all()
    return keyset.newest_first(found, after)


def _item(row: UnreadBody, known: dict[int, Form]) -> dict[str, Any]:
    return {
        "url": url_for("admin.review_one", id=row.id),
        "at": row.received_at,
        "form": forms.title(known[row.form_id]),
        "content_type": row.content_type,
        "reason": row.reason,
        "submission_url": _submission_url(row),
    }


def _submission_url(row: UnreadBody) -> str | None:
    return url_for("admin.submission", id=row.submission_id) if row.submission_id else None


def _get(id: int) -> UnreadBody:
    return db.session.get(UnreadBody, id) or abort(404)


@bp.get(f"/review/{ID}")
def review_one(id: int) -> Any:
    """One message, as it came, but for what was blotted out before it was stored."""
    row = _get(id)
    audit.look(actor(), "looked_at_unread", object=f"unread:{row.id}")
    more = {"expires_at": row.expires_at, "note": row.note, "masked": [covered.kind(word) for word in row.masked]}
    body = unread.body(row).decode(errors="replace").replace("\0", "\ufffd")
    item = {**_item(row, forms.all_forms()), **more, "body": body}
    return render_template("admin/review.html", item=item, reread_action=url_for("admin.read_again", id=id))


@bp.post(f"/review/{ID}/read")
def read_again(id: int) -> Any:
    """As if it came now. What still cannot be read stays where it is."""
    _get(id)
    audit.record(actor(), "read_again", object=f"unread:{id}")
    try:
        submission_id = unread.read_again(id)
    except (LookupError, DecodeError, unread.StillUnread) as error:
        db.session.commit()
        flash(_("It still cannot be read: %(why)s.", why=_why(error)), "error")
        return redirect(url_for("admin.review_one", id=id), 303)
    db.session.commit()
    return redirect(url_for("admin.submission", id=submission_id), 303)


def _why(error: Exception) -> str:
    if isinstance(error, unread.StillUnread):
        return ", ".join(error.fields)
    return str(_("its form is closed") if isinstance(error, LookupError) else _("its shape is not known"))
