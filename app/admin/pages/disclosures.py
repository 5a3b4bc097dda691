"""Lawful demands: what was handed out to whom, and the form that hands out chosen fields only."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from app import audit
from app.admin import actors, keyset
from app.admin.gate import ID, actor, bp
from app.admin.request_words import unfit_words
from app.contacts.models import Contact
from app.extensions import db
from app.privacy import disclosing
from app.privacy.disclosing import Incomplete
from app.privacy.models import Disclosure


@bp.get("/disclosures")
def disclosures() -> Any:
    audit.look(actor(), "listed_disclosures")
    page = keyset.page(_rows, lambda row: int(row.id))
    who = actors.names(row.actor for row in page.rows)
    return render_template("admin/disclosures.html", items=[_item(row) for row in page.rows], who=who, **page.urls())


def _rows(before: int | None, after: int | None, limit: int) -> Any:
    found = db.session.scalars(keyset.beside(select(Disclosure), Disclosure.id, before, after, limit)).all()
    return keyset.newest_first(found, after)


def _item(row: Disclosure) -> dict[str, Any]:
    person = _person(row)
    url = url_for("admin.contact", id=person.id) if person else None
    return {"row": row, "fields": disclosing.labels_for_staff(row), "who": person.address if person else "", "url": url}


def _person(row: Disclosure) -> Contact | None:
    return db.session.scalar(select(Contact).where(Contact.subject == row.subject))


@bp.get(f"/contacts/{ID}/disclose")
def disclose(id: int) -> Any:
    person = _get(id)
    audit.look(actor(), "looked_at_contact", person.subject, f"contact:{person.id}")
    return _form(person, {})


@bp.post(f"/contacts/{ID}/disclose")
def hand_out(id: int) -> Any:
    """The file comes as the answer, once what it holds has been written down."""
    person = _get(id)
    said = {name: request.form.get(name, "") for name in ("authority", "demand", "secret")}
    try:
        row, content = disclosing.disclose(person, request.form.getlist("field"), **said, actor=actor())
    except Incomplete as incomplete:
        return _form(person, {unfit.field: unfit_words(unfit) for unfit in incomplete.wrong}), 422
    audit.record(actor(), "disclosed", person.subject, f"disclosure:{row.id}", row.demand)
    db.session.commit()
    answer = make_response(content)
    answer.headers["Content-Type"] = "application/json"
    answer.headers["Content-Disposition"] = f'attachment; filename="disclosure-{row.id}.json"'
    return answer


@bp.post(f"/disclosures/{ID}/tell")
def tell(id: int) -> Any:
    """The ban on telling has ended."""
    row = db.session.get(Disclosure, id) or abort(404)
    person = _person(row)
    if person is None:
        flash(_("The person has been erased meanwhile: nobody can be told."), "error")
        return redirect(url_for("admin.disclosures"), 303)
    disclosing.tell(row, person)
    audit.record(actor(), "told_of_disclosure", person.subject, f"disclosure:{row.id}")
    db.session.commit()
    flash(_("A letter is on its way."))
    return redirect(url_for("admin.disclosures"), 303)


def _get(id: int) -> Contact:
    return db.session.get(Contact, id) or abort(404)


ON_THE_PAGE = ("authority", "demand", "fields", "secret")


def _form(person: Contact, errors: dict[str, str]) -> Any:
    """What is wrong is listed in the order in which the fields stand."""
    return render_template(
        "admin/disclose.html",
        person=person,
        choices=disclosing.choices(person),
        chosen=request.form.getlist("field"),
        values=request.form,
        errors={name: errors[name] for name in ON_THE_PAGE if name in errors},
        most=disclosing.LONGEST,
    )
