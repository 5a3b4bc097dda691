"""The audit trail, as staff read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from app.admin import actors, forms, keyset
from app.admin.gate import bp
from app.admin.labels import OBJECTS, WORK, label
from app.admin.request_words import TITLES
from app.audit.models import AuditEntry
from app.contacts.models import Contact
from app.extensions import db
from app.privacy.words import right
from app.sync.links import title


@bp.get("/audit")
def audit_trail() -> Any:
    """Newest first. Reading it is not itself noted: it names nobody that the reader did not know."""
    page = keyset.page(entries, lambda row: int(row.id))
    who = actors.names(name for row in page.rows for name in (row.actor, row.object))
    people = _people(page.rows)
    purposes = forms.purposes()
    rows = [_item(row, who, people) | {"note": note(row.action, row.note, purposes)} for row in page.rows]
    return render_template("admin/audit.html", rows=rows, query={}, **page.urls())


def entries(before: int | None, after: int | None, limit: int) -> Sequence[AuditEntry]:
    """Entries next to a key, newest first."""
    found = db.session.scalars(keyset.beside(select(AuditEntry), AuditEntry.id, before, after, limit)).all()
    return keyset.newest_first(found, after)


def _people(rows: Sequence[AuditEntry]) -> dict[str, Contact]:
    subjects = {row.subject for row in rows if row.subject}
    wanted = select(Contact).where(Contact.subject.in_(subjects))
    return {person.subject: person for person in db.session.scalars(wanted)}


def _item(row: AuditEntry, who: dict[str, str], people: dict[str, Contact]) -> dict[str, Any]:
    person = people.get(row.subject)
    return {
        "at": row.at,
        "who": who[row.actor],
        "action": row.action,
        "person": person.address if person else _("Somebody who has been erased") if row.subject else None,
        "person_url": url_for("admin.contact", id=person.id) if person else None,
        "object": what(row.object, who),
    }


def what(object: str, who: dict[str, str]) -> str:
    """What an act was about besides a person, in words; as it was noted where we have none."""
    kind, _sep, id = object.partition(":")
    if kind == "processor":
        return title(id)
    known = OBJECTS.get(kind) or WORK.get(kind)
    return f"{known} {id}" if known else who.get(object, object)


def note(action: str, text: str, purposes: dict[str, str]) -> str:
    """What was noted, with our own words in the reader's language. What a human wrote stays as it is."""
    if action == "opened_request":
        return right(text)
    if action == "listed_requests":
        return str(TITLES.get(text, text))
    if action == "withdrew_consent":
        return ", ".join(purposes.get(name, name) for name in text.split(", "))
    if action == "moved_submission":
        return " → ".join(label(word) for word in text.split(" > ") if word)
    return text
