"""All that has happened between us and one person, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, select

from app.admin import forms
from app.admin.labels import label
from app.admin.task_words import told
from app.consent.models import ConsentEvent, ConsentEvidence, ConsentText
from app.contacts.models import Contact
from app.extensions import db
from app.letters.models import Letter
from app.privacy.models import PrivacyRequest
from app.privacy.words import right
from app.submissions.hers import hers
from app.submissions.models import Submission
from app.sync.links import title
from app.sync.models import ProcessorState

MOST = 200  # of each kind
TO_STAFF = ("privacy_due", "privacy_manual")  # letters about a request that are not to the person

Item = dict[str, Any]


def of(person: Contact, names: dict[str, str], asked: Sequence[PrivacyRequest]) -> list[Item]:
    """Submissions, consent events, requests, letters and other systems. `names` are the purposes' names."""
    told = [*_letters(person, asked), *_processors(person)]
    found = [*_submissions(person), *_events(person, names), *map(_request, asked), *told]
    return sorted(found, key=lambda item: item["at"], reverse=True)


def _item(at: Any, kind: str, title: str, text: str = "", url: str | None = None) -> Item:
    return {"at": at, "kind": kind, "title": title, "told": [(text, "")] if text else [], "url": url}


def _submissions(person: Contact) -> list[Item]:
    """Also those that belong to nobody: boxed as spam, or not read yet."""
    known, ids = forms.all_forms(), hers(person.address, person.id)
    mine = select(Submission).where(Submission.id.in_(ids)).order_by(Submission.id.desc()).limit(MOST)
    return [
        _item(
            row.received_at,
            "submission",
            forms.title(known[row.form_id]) + (f" ({label(row.box)})" if row.box != "accepted" else ""),
            forms.message(known[row.form_id], row.answers),
            url_for("admin.submission", id=row.id),
        )
        for row in db.session.scalars(mine)
    ]


def _events(person: Contact, names: dict[str, str]) -> list[Item]:
    mine = (
        select(ConsentEvent, ConsentText.text, ConsentEvidence.facts)
        .outerjoin(ConsentText, ConsentText.hash == ConsentEvent.text_hash)
        .outerjoin(ConsentEvidence, ConsentEvidence.event_id == ConsentEvent.id)
        .where(ConsentEvent.subject == person.subject)
        .order_by(ConsentEvent.at.desc())
        .limit(MOST)
    )
    return [_event(event, text, facts or {}, names) for event, text, facts in db.session.execute(mine)]


def _event(event: ConsentEvent, text: str | None, facts: dict[str, Any], names: dict[str, str]) -> Item:
    who = _("by staff") if event.actor.startswith("staff:") else label(event.method)
    said = [who, facts.get("note", ""), _("“%(text)s”", text=text) if text else ""]
    title = f"{names.get(event.purpose, event.purpose)}: {label(event.type)}"
    receipt = url_for("receipts.show", event_id=event.id)
    return _item(event.at, "consent", title, " – ".join(part for part in said if part), receipt)


def _request(row: PrivacyRequest) -> Item:
    url = url_for("admin.request_page", id=row.id)
    return _item(row.received_at, "request", _("%(right)s asked for", right=right(row.kind)), url=url)


def _letters(person: Contact, asked: Sequence[PrivacyRequest]) -> list[Item]:
    """Also those about her requests, which hang on the request: she may not have been known to us yet."""
    hers = Letter.contact_id == person.id
    about = Letter.request_id.in_([row.id for row in asked]), Letter.contact_id.is_(None), Letter.kind.not_in(TO_STAFF)
    rows = [row for mine in ((hers,), about) for row in db.session.scalars(_newest(*mine))]
    return [_item(row.sent_at or row.created_at, "letter", label(row.kind), _fate(row)) for row in rows]


def _newest(*mine: ColumnElement[bool]) -> Select[Letter]:
    return select(Letter).where(*mine).order_by(Letter.id.desc()).limit(MOST)


def _fate(letter: Letter) -> str:
    if letter.dropped:
        return str(_("Not sent: no longer wanted"))
    return str(_("Sent") if letter.sent_at else _("Not sent yet"))


def _processors(person: Contact) -> list[Item]:
    mine = select(ProcessorState).where(ProcessorState.contact_id == person.id)
    return [
        _item(row.since, "processor", f"{title(row.processor)}: {label(row.state)}") | {"told": told(row.text)}
        for row in db.session.scalars(mine)
    ]
