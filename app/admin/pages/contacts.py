"""People: the list, one of them with all that has happened, and taking consent back for somebody who asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import format_currency
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app import audit, search
from app import contacts as people
from app.admin import finding, forms, keyset, timeline
from app.admin.gate import ID, actor, bp
from app.admin.pages.requests import item
from app.admin.request_words import unfit_words
from app.admin.task_words import told
from app.billing import sheet, typed
from app.billing.labels import sale_label
from app.clock import now
from app.consent import ledger
from app.consent import service as consent
from app.consent.models import ConsentEvent
from app.consent.state import State, fold
from app.contacts import suppression
from app.contacts.models import Contact, Suppression
from app.crypto import keyring
from app.extensions import db
from app.labels import field_label
from app.privacy import whose
from app.privacy.errors import Unfit
from app.privacy.typed import needed
from app.sync.links import title
from app.sync.models import ProcessorState

LONGEST_NOTE = 500


@bp.get("/contacts")
def contacts() -> Any:
    """The list, narrowed by any part of an address, a name, a company or a telephone number."""
    query = finding.asked()
    audit.look(actor(), "searched_contacts" if query else "listed_contacts")
    page = keyset.page(lambda *place: rows(query, *place), lambda row: int(row.id))
    return render_template(
        "admin/contacts.html",
        items=items(page.rows),
        query={"q": query},
        **page.urls(s=request.args.get("s") if query else None),
    )


@bp.post("/contacts")
def look_for_contacts() -> Any:
    """The words come in a body and go on encrypted, so that no address, history or log holds them."""
    return redirect(url_for("admin.contacts", s=finding.seal(request.form.get("q", ""))), 303)


def rows(query: str, before: int | None, after: int | None, limit: int) -> Sequence[Contact]:
    """Contacts next to a key, newest first, with what they told us."""
    statement = select(Contact).options(selectinload(Contact.values))
    if query:
        exact = people.find(query)  # whoever writes a whole address means this person
        ids = [exact.id] if exact else finding.patiently(search.find_contacts, query, before, limit, after)
        return db.session.scalars(statement.where(Contact.id.in_(ids)).order_by(Contact.id.desc())).all()
    found = db.session.scalars(keyset.beside(statement, Contact.id, before, after, limit)).all()
    return keyset.newest_first(found, after)


def items(found: Sequence[Contact]) -> list[dict[str, Any]]:
    """The rows of the list. Consents and suppressions of all of them are asked for at once."""
    names, events, silent = forms.purposes(), _events(found), _silent(found)
    return [_item(contact, names, events.get(contact.subject, []), contact.id in silent) for contact in found]


def _item(contact: Contact, names: dict[str, str], events: list[ConsentEvent], silent: bool) -> dict[str, Any]:
    values = {value.field: value.value for value in contact.values}
    states = fold(events, now())
    return {
        "url": url_for("admin.contact", id=contact.id),
        "address": contact.address,
        "name": values.get("name", ""),
        "company": values.get("company", ""),
        "consents": [{"purpose": names.get(p, p), "state": state.state} for p, state in sorted(states.items())],
        "suppressed": silent,
        "at": contact.created_at,
    }


def _events(found: Sequence[Contact]) -> dict[str, list[ConsentEvent]]:
    by_subject: dict[str, list[ConsentEvent]] = {}
    mine = select(ConsentEvent).where(ConsentEvent.subject.in_([contact.subject for contact in found]))
    for event in db.session.scalars(mine):
        by_subject.setdefault(event.subject, []).append(event)
    return by_subject


def _silent(found: Sequence[Contact]) -> set[int]:
    """Ids of those who must be left alone altogether."""
    macs = {mac: c.id for c in found for mac in keyring().macs(suppression.KEY, c.address.encode())}
    wanted = select(Suppression.mac).where(Suppression.mac.in_(macs), Suppression.scope == suppression.ALL)
    return {macs[mac] for mac in db.session.scalars(wanted)}


def _get(id: int) -> Contact:
    return db.session.get(Contact, id) or abort(404)


@bp.get(f"/contacts/{ID}")
def contact(id: int) -> Any:
    """One person."""
    person = _get(id)
    audit.look(actor(), "looked_at_contact", person.subject, f"contact:{person.id}")
    return render_template("admin/contact.html", **shown(person))


def shown(person: Contact) -> dict[str, Any]:
    """All that the page says of her."""
    names, states = forms.purposes(), fold(ledger.events(person.subject), now())
    asked = whose.of(person, timeline.MOST)
    values = {value.field: value.value for value in person.values}
    open_ = [(p, names.get(p, p)) for p, state in states.items() if state.state in {"asked", "confirmed"}]
    return {
        "contact": {
            "address": person.address,
            "name": values.get("name", ""),
            "lang": person.lang,
            "since": person.created_at,
            "suppressed": _suppressed(person),
            "restricted": person.restricted_at,
        },
        "values": _values(person),
        "consents": [_consent(p, names.get(p, p), states.get(p, State())) for p in {**names, **states}],
        "processors": _processors(person),
        "timeline": timeline.of(person, names, asked),
        "requests": [item(row) for row in asked],
        "new_request_url": url_for("admin.new_request", contact=person.id),
        "withdraw_action": url_for("admin.withdraw", id=person.id),
        "disclose_url": url_for("admin.disclose", id=person.id),
        "purposes": open_,
        "billing": sheet.of(person),
        "longest": LONGEST_NOTE,
        "sale_label": sale_label,
        "money": format_currency,
    }


def _suppressed(person: Contact) -> dict[str, Any] | None:
    macs = keyring().macs(suppression.KEY, person.address.encode())
    wanted = select(Suppression).where(Suppression.mac.in_(macs), Suppression.scope == suppression.ALL)
    row = db.session.scalars(wanted).first()
    return {"reason": row.reason, "since": row.since} if row else None


def _values(person: Contact) -> list[dict[str, Any]]:
    """What she told, with what was found of her VAT number; then the organisation numbers she typed in forms."""
    checks = {row.field: row for row in typed.checks(person)}
    told = [_value(value) | {"check": checks.pop(value.field, None)} for value in person.values]
    return told + [_value(row, _("Organisation number")) | {"check": row} for row in checks.values()]


def _value(value: Any, label: str = "") -> dict[str, Any]:
    kind, _sep, id = value.source.partition(":")
    submission = kind == "submission" and id.isdigit()
    sources = {
        "submission": _("From a submission"),
        "stripe": _("From a purchase"),
        "import": _("From a list that was brought along"),
        "request": _("From a request of the person"),
        "staff": _("From staff, as the person asked"),
    }
    return {
        "label": label or field_label(value.field),
        "value": value.value,
        "source": sources.get(kind, value.source),
        "source_url": url_for("admin.submission", id=int(id)) if submission else None,
        "at": value.checked_at if label else value.at,
    }


def _consent(purpose: str, name: str, state: State) -> dict[str, Any]:
    receipt = url_for("receipts.show", event_id=state.event) if state.event else None
    return {"purpose": purpose, "label": name, "state": state.state, "since": state.since, "receipt_url": receipt}


def _processors(person: Contact) -> list[dict[str, Any]]:
    mine = select(ProcessorState).where(ProcessorState.contact_id == person.id).order_by(ProcessorState.processor)
    return [
        {"name": title(row.processor), "state": row.state, "since": row.since, "told": told(row.text)}
        for row in db.session.scalars(mine)
    ]


@bp.post(f"/contacts/{ID}/withdraw")
def withdraw(id: int) -> Any:
    """For somebody who asked by telephone or at the counter. How she asked must be said; it is kept as evidence."""
    person = _get(id)
    try:
        note = needed("how", request.form.get("note", ""), LONGEST_NOTE)
    except Unfit as unfit:
        return render_template("admin/contact.html", **shown(person), errors={"note": unfit_words(unfit)}), 422
    purpose = request.form.get("purpose", "")
    if purpose not in {"", "all", *forms.purposes()}:
        abort(400)
    events = consent.withdraw(
        person,
        None if purpose in {"", "all"} else [purpose],
        actor=actor(),
        method="staff",
        facts={"address": person.address, "note": note},
    )
    audit.record(actor(), "withdrew_consent", person.subject, f"contact:{person.id}", _purposes(events))
    db.session.commit()
    flash(_("The consent has been withdrawn.") if events else _("There was nothing to withdraw."))
    return redirect(url_for("admin.contact", id=id), 303)


def _purposes(events: Sequence[ConsentEvent]) -> str:
    """Which consents; the person's own words stay in the evidence, which can be erased."""
    return ", ".join(sorted(event.purpose for event in events))
