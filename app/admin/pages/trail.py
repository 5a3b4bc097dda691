"""The audit trail, as staff read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from app.admin import keyset
from app.admin.gate import bp
from app.admin.models import User
from app.audit.models import AuditEntry
from app.contacts.models import Contact
from app.extensions import db


@bp.get("/audit")
def audit_trail() -> Any:
    """Newest first. Reading it is not itself noted: it names nobody that the reader did not know."""
    page = keyset.page(entries, lambda row: int(row.id))
    staff, people = _staff(page.rows), _people(page.rows)
    return render_template(
        "admin/audit.html", rows=[_item(row, staff, people) for row in page.rows], query={}, **page.urls()
    )


def entries(before: int | None, after: int | None, limit: int) -> Sequence[AuditEntry]:
    """Entries next to a key, newest first."""
    found = db.session.scalars(keyset.beside(select(AuditEntry), AuditEntry.id, before, after, limit)).all()
    return keyset.newest_first(found, after)


def _staff(rows: Sequence[AuditEntry]) -> dict[str, str]:
    ids = {int(row.actor[6:]) for row in rows if row.actor.startswith("staff:") and row.actor[6:].isdigit()}
    return {f"staff:{user.id}": user.email for user in db.session.scalars(select(User).where(User.id.in_(ids)))}


def _people(rows: Sequence[AuditEntry]) -> dict[str, Contact]:
    subjects = {row.subject for row in rows if row.subject}
    wanted = select(Contact).where(Contact.subject.in_(subjects))
    return {person.subject: person for person in db.session.scalars(wanted)}


def _item(row: AuditEntry, staff: dict[str, str], people: dict[str, Contact]) -> dict[str, Any]:
    person = people.get(row.subject)
    return {
        "at": row.at,
        "who": staff.get(row.actor, row.actor),
        "action": row.action,
        "person": person.address if person else _("Somebody who has been erased") if row.subject else None,
        "person_url": url_for("admin.contact", id=person.id) if person else None,
        "object": row.object,
        "note": row.note,
    }
