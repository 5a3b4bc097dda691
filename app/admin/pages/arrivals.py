"""A list of subscribers: upload it, see what would become of everybody, take it in."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from app import audit, processors
from app.admin import forms
from app.admin.arrival_words import COLUMNS, PROBLEMS, STATES, WORDS
from app.admin.gate import ID, actor, bp
from app.admin.request_words import unfit_words
from app.arrivals import reading, service, upload
from app.arrivals.columns import FIELDS, Unusable, places
from app.arrivals.models import VOUCHER, ArrivalRun
from app.arrivals.rows import tidy
from app.arrivals.verdict import KINDS
from app.clock import now
from app.extensions import db
from app.privacy.errors import Unfit
from app.sites.models import Site

LARGEST = 52_428_800  # bytes: half a million people
NEWEST = 20


@bp.before_app_request
def room_for_a_list() -> None:
    """Only here may more be sent than elsewhere. Who has not signed in is turned away before any of it is read."""
    if request.endpoint == "admin.upload_list":
        request.max_content_length = LARGEST


@bp.get("/import")
def imports() -> Any:
    """What has come in, and the form for more."""
    return _page()


def _page(errors: dict[str, str] | None = None, status: int = 200) -> Any:
    newest = select(ArrivalRun).order_by(ArrivalRun.id.desc()).limit(NEWEST)
    names = forms.purposes()
    said = {name: request.form.get(name, "") for name in ("purpose", "site", "vouched_by", "unproven", "source")}
    page = render_template(
        "admin/imports.html",
        items=[_item(run, names) for run in db.session.scalars(newest)],
        purposes=list(names.items()),
        sites=[(site.slug, site.name) for site in db.session.scalars(select(Site).order_by(Site.slug))],
        mailchimp="mailchimp" in processors.active(),
        said=said,
        errors=errors or {},
    )
    return page, status


def _item(run: ArrivalRun, names: dict[str, str]) -> dict[str, Any]:
    return {
        "id": run.id,
        "url": url_for("admin.import_", id=run.id),
        "at": run.created_at,
        "source": "Mailchimp" if run.source == "mailchimp" else _("A file"),
        "purpose": names.get(run.purpose, run.purpose),
        "state": run.state,
        "word": STATES[run.state],
        "new": (run.counts or run.preview).get("new", 0),
    }


@bp.post("/import")
def upload_list() -> Any:
    """A file, or the audience that is connected. It is only looked through."""
    file, audience = request.files.get("file"), request.form.get("source") == "mailchimp"
    what, errors = _asked()
    if not audience and not file:
        errors = {"file": _("Choose a file."), **errors}  # in the order in which the fields stand
    if errors:
        return _page(errors, 422)
    if audience:
        run = service.receive_audience(_audience(), **what)
    else:
        assert file  # noqa: S101 - said above
        run = service.receive(file.stream, **what)
    audit.record(actor(), "uploaded_list", object=f"import:{run.id}")
    db.session.commit()
    return redirect(url_for("admin.import_", id=run.id), 303)


def _audience() -> str:
    found = processors.active().get("mailchimp") or abort(404)
    return str(getattr(found, "place", ""))


def _asked() -> tuple[dict[str, Any], dict[str, str]]:
    """What was chosen, and what is wrong with it."""
    form = request.form
    site = db.session.scalar(select(Site).where(Site.slug == form.get("site", "")))
    purpose, vouched_by = form.get("purpose", ""), tidy(form.get("vouched_by", ""))
    unproven, errors = bool(form.get("unproven")), {}
    if purpose not in forms.purposes():
        errors["purpose"] = _("Choose what they said yes to.")
    if site is None:
        errors["site"] = _("Choose a website.")
    if unproven and not vouched_by:
        errors["vouched_by"] = _("Say who vouches for it.")
    if len(vouched_by) > VOUCHER:
        errors["vouched_by"] = unfit_words(Unfit("vouched_by", "long", VOUCHER))
    what = {"purpose": purpose, "site_id": site.id if site else 0, "vouched_by": vouched_by, "unproven": unproven}
    return {**what, "actor": actor()}, errors


@bp.get(f"/import/{ID}", endpoint="import_")
def one_import(id: int) -> Any:
    """What would become of everybody, how far it has come, what came of it."""
    run = _get(id)
    audit.look(actor(), "looked_at_import", object=f"import:{id}")
    counts = run.counts if run.state in {"running", "done"} else run.preview
    return render_template(
        "admin/import.html",
        run={
            **_item(run, forms.purposes()),
            "total": run.total,
            "position": run.position,
            "vouched_by": run.vouched_by,
            "problem": PROBLEMS.get(run.problem, run.problem),
            "counts": _counts(counts),
        },
        columns=_columns(run),
        examples=[(number, WORDS.get(why, why), shown) for number, why, shown in service.examples(run)],
        asked_at=now(),
    )


def _columns(run: ArrivalRun) -> list[dict[str, Any]]:
    """Every field of ours, the headings of the list, and which of them it is taken from now."""
    if run.source != "csv" or run.state not in {"asking", "ready"}:
        return []
    headings = reading.headings(upload.read(run.id), run.encoding)
    try:
        found = {field: headings[at] for field, at in places(headings, run.columns).items()}
    except Unusable:
        found = dict(run.columns)
    return [{"field": f, "word": COLUMNS[f], "headings": headings, "chosen": found.get(f, "")} for f in FIELDS]


@bp.post(f"/import/{ID}/columns")
def arrange_import(id: int) -> Any:
    """Staff say which column is which; then everything is looked through again."""
    told = {field: request.form.get(field, "").strip() for field in FIELDS}
    if not told["email"]:
        flash(_("Say which column holds the e-mail addresses."))
    elif service.arrange(_get(id, hold=True), told):
        audit.record(actor(), "arranged_import", object=f"import:{id}")
        db.session.commit()
    return redirect(url_for("admin.import_", id=id), 303)


def _counts(counts: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "kind": kind,
            "word": WORDS[kind],
            "number": counts.get(kind, 0),
            "why": [
                (WORDS.get(name.partition(":")[2], name), number)
                for name, number in sorted(counts.items(), key=lambda pair: -pair[1])
                if name.startswith(f"{kind}:")
            ],
        }
        for kind in KINDS
    ]


def _get(id: int, hold: bool = False) -> ArrivalRun:
    return db.session.get(ArrivalRun, id, with_for_update=hold) or abort(404)


@bp.post(f"/import/{ID}/start")
def start_import(id: int) -> Any:
    """Staff have seen the preview."""
    if service.go(_get(id, hold=True)):
        audit.record(actor(), "started_import", object=f"import:{id}")
        db.session.commit()
    return redirect(url_for("admin.import_", id=id), 303)


@bp.post(f"/import/{ID}/discard")
def discard_import(id: int) -> Any:
    """The list is removed. Whoever has come in by now stays."""
    run = _get(id, hold=True)
    if run.state in service.OPEN:
        service.discard(run)
        audit.record(actor(), "discarded_import", object=f"import:{id}")
        db.session.commit()
        flash(_("The list has been thrown away."))
    return redirect(url_for("admin.imports"), 303)
