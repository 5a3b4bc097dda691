"""The board of requests: what waits for whom, what is due when; and a request for somebody who telephoned or wrote."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from app import audit
from app import contacts as people
from app.admin import keyset
from app.admin.gate import actor, bp
from app.admin.request_words import GROUPS, ORIGINS, STATES, TITLES, colour, unfit_words
from app.clock import now
from app.contacts.addresses import Address, InvalidAddress, canonical
from app.contacts.models import Contact
from app.contacts.readdressing import EMAIL
from app.contacts.service import FIELDS
from app.extensions import db
from app.i18n import first_supported
from app.labels import field_label
from app.privacy import identity, opening, standing
from app.privacy.errors import Unfit
from app.privacy.grounds import GROUNDS, UnknownGround
from app.privacy.models import ENDED, PrivacyRequest
from app.privacy.typed import KNOWN, vouched
from app.privacy.words import GROUNDS as GROUND_WORDS
from app.privacy.words import RIGHTS as KINDS
from app.sites.service import home

SHOWN = 20  # of each group on the board
LONGEST = 200  # characters of a value
CORRECTABLE = (EMAIL, *FIELDS)


@bp.get("/requests")
def requests() -> Any:
    """Every group, those that are due first at the top."""
    audit.look(actor(), "listed_requests")
    groups = [_group(name) for name in GROUPS]
    return render_template("admin/requests.html", groups=groups)


def _group(name: str) -> dict[str, Any]:
    rows = db.session.scalars(_first(name).limit(SHOWN + 1)).all()
    more = url_for("admin.requests_of", group=name) if len(rows) > SHOWN else None
    return {"name": name, "title": TITLES[name], "items": [item(row) for row in rows[:SHOWN]], "more_url": more}


def _first(name: str) -> Any:
    mine = _of(name)
    return mine.order_by(PrivacyRequest.id.desc() if name == "done" else PrivacyRequest.due_at)


def _of(group: str) -> Select[PrivacyRequest]:
    """With their tasks, by which it is known whether an answer has left."""
    return (
        select(PrivacyRequest)
        .where(PrivacyRequest.state.in_(GROUPS[group]))
        .options(selectinload(PrivacyRequest.tasks))
    )


@bp.get("/requests/of/<group>")
def requests_of(group: str) -> Any:
    """One group, whole, page by page."""
    if group not in GROUPS:
        abort(404)
    audit.look(actor(), "listed_requests", note=group)
    page = keyset.page(lambda *place: _rows(group, *place), lambda row: int(row.id))
    items = [item(row) for row in page.rows]
    return render_template("admin/requests_of.html", title=TITLES[group], items=items, **page.urls(group=group))


def _rows(group: str, before: int | None, after: int | None, limit: int) -> Sequence[PrivacyRequest]:
    mine = _of(group)
    found = db.session.scalars(keyset.beside(mine, PrivacyRequest.id, before, after, limit)).all()
    return keyset.newest_first(found, after)


def item(row: PrivacyRequest) -> dict[str, Any]:
    """A request as a line of a list."""
    return {
        "number": row.id,
        "url": url_for("admin.request_page", id=row.id),
        "kind": KINDS.get(row.kind, row.kind),
        "state": STATES.get(row.state, row.state),
        "colour": colour(row.state),
        "who": whom(row),
        "origin": ORIGINS.get(row.origin, row.origin),
        "received_at": row.received_at,
        "due_at": row.due_at if _waits(row) else None,
        "days": days(row),
        "ended_at": row.ended_at,
    }


def whom(row: PrivacyRequest) -> str:
    """The address, as long as it is needed; nothing once it has been dropped."""
    known = identity.reveal(row.sealed)
    return known.address if known else ""


def days(row: PrivacyRequest) -> int | None:
    """Whole days until it is due, fewer than none when it is late; None when nothing is due any more."""
    return (row.due_at - now()) // timedelta(days=1) if _waits(row) else None


def _waits(row: PrivacyRequest) -> bool:
    """For its answer. What law keeps for a while is done on a day of its own."""
    return row.state not in ENDED and not standing.answered(row)


@bp.get("/requests/new")
def new_request() -> Any:
    """Empty, or filled in for a person whom we know. She comes by her number, so that no address holds hers."""
    return _form(request.args.get("kind", ""), {}, _known(keyset.cursor("contact")))


def _known(number: int | None) -> dict[str, str]:
    person = db.session.get(Contact, number) if number else None
    if person is None:
        return {}
    audit.look(actor(), "looked_at_contact", person.subject, f"contact:{person.id}")
    return {"address": person.display or person.address, "lang": person.lang}


@bp.post("/requests/new")
def open_request() -> Any:
    """For somebody who telephoned, wrote, or stands at the counter. How she was known must be said."""
    typed, errors = request.form, {}
    try:
        who: Address | None = canonical(typed.get("address", ""))
    except InvalidAddress:
        who, errors["address"] = None, _("Please write a full e-mail address, such as kari@example.no.")
    changes = {field: value for field in CORRECTABLE if (value := typed.get(f"to_{field}", "").strip())}
    errors |= {f"to_{field}": _too_long() for field, value in changes.items() if len(value) > LONGEST}
    if EMAIL in changes and not _another(changes[EMAIL], who):
        errors["changes"] = _("Please write a full e-mail address, such as kari@example.no.")
    try:
        how = vouched(typed.get("identified_by", ""))
    except Unfit as unfit:
        how, errors["identified_by"] = "", unfit_words(unfit)
    if typed.get("kind") == "rectification" and not changes:
        errors["changes"] = _("Write at least one value as it should be.")
    if typed.get("kind") not in KINDS:
        errors["kind"] = _("Choose what the person wants.")
    if errors or who is None:
        return _form(typed.get("kind", ""), errors), 422
    return _opened(who, typed.get("kind", ""), how, changes)


def _too_long() -> str:
    return unfit_words(Unfit("changes", "long", LONGEST))


def _another(typed: str, who: Address | None) -> bool:
    """Is it an address, and not the one that she has?"""
    try:
        return who is None or canonical(typed).canonical != who.canonical
    except InvalidAddress:
        return False


def _opened(who: Address, kind: str, how: str, changes: dict[str, str]) -> Any:
    person = people.find(who.canonical)
    site = home(person.site_id if person else None)
    if site is None:
        return _form(kind, {"kind": _("There is no website yet. Load its forms first.")}), 422
    lang = person.lang if person else first_supported([request.form.get("lang")])
    known = {"site": site, "lang": lang, "origin": "staff", "actor": actor(), "identified_by": how}
    ground = request.form.get(f"ground_{kind}", "")
    try:
        rows = [
            opening.open_identified(kind, who.canonical, typed=who.display, ground=ground, wishes=wishes, **known)  # type: ignore[arg-type]
            for wishes in _wishes(kind, changes)
        ]
    except UnknownGround:
        return _form(kind, {"kind": _("Choose what the person wants.")}), 422
    for row in rows:
        audit.record(actor(), "opened_request", person.subject if person else "", f"request:{row.id}", kind)
    db.session.commit()
    for row in rows:
        flash(_opened_as(row))
    return redirect(url_for("admin.request_page", id=rows[-1].id), 303)


def _wishes(kind: str, changes: dict[str, str]) -> list[dict[str, Any]]:
    """A request for each. A new address is one of its own: the rest need not wait until that has been proven."""
    if kind != "rectification":
        return [{"copy_first": True} if kind == "erasure" and request.form.get("copy_first") else {}]
    rest = {field: value for field, value in changes.items() if field != EMAIL}
    both = (rest, {EMAIL: changes[EMAIL]} if EMAIL in changes else {})
    return [{"changes": some} for some in both if some]


def _opened_as(row: PrivacyRequest) -> str:
    done = _("Request %(number)s is open. The worker looks where something is held.", number=row.id)
    waits = _("Request %(number)s waits: both addresses get an e-mail, and the new one must confirm.", number=row.id)
    return str(waits if row.state == "identity_pending" else done)


ON_THE_PAGE = ("kind", "address", "identified_by", "changes", *(f"to_{field}" for field in CORRECTABLE))


def _form(kind: str, errors: dict[str, str], known: dict[str, str] | None = None) -> Any:
    """What is wrong is listed in the order in which the fields stand."""
    return render_template(
        "admin/request_new.html",
        kinds=KINDS,
        kind=kind if kind in KINDS else "",
        errors={name: errors[name] for name in ON_THE_PAGE if name in errors},
        values=known or request.form,
        correcting="changes" in errors or any(request.form.get(f"to_{field}") for field in CORRECTABLE),
        most={"known": KNOWN, "value": LONGEST},
        fields=[(field, field_label(field)) for field in CORRECTABLE],
        grounds={kind: [(one, GROUND_WORDS[kind][one]) for one in GROUNDS[kind]] for kind in GROUND_WORDS},
    )
