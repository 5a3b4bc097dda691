"""What visitors sent: the list, one of them, and moving one between the boxes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from app import audit, search
from app.admin import finding, forms, keyset, service
from app.admin.gate import ID, actor, bp
from app.admin.jobs import box_marker, form_marker
from app.consent.models import ConsentText
from app.contacts.models import Contact
from app.extensions import db
from app.i18n import current_language
from app.submissions.covered import covered
from app.submissions.models import BOXES, Form, FormVersion, Submission


@bp.get("/submissions")
def submissions() -> Any:
    """The list, narrowed by form, box and words."""
    if request.args.get("box") == "needs_review":
        return redirect(url_for("admin.review"))
    known = forms.all_forms()
    form = next((form for form in known.values() if form.slug == request.args.get("form")), None)
    box = request.args.get("box") if request.args.get("box") in BOXES else None
    query = finding.asked()
    audit.look(actor(), "searched_submissions" if query else "listed_submissions")
    page = keyset.page(lambda *place: rows(query, form, box, *place), lambda row: int(row.id))
    names = forms.purposes()
    return render_template(
        "admin/submissions.html",
        items=[_item(row, known, names) for row in page.rows],
        forms=[(each.slug, forms.title(each)) for each in known.values()],
        query={"q": query, "form": form.slug if form else "", "box": box or ""},
        **page.urls(form=form.slug if form else None, box=box, s=request.args.get("s") if query else None),
    )


@bp.post("/submissions")
def look_for_submissions() -> Any:
    """The words come in a body and go on encrypted, so that no address, history or log holds them."""
    sealed = finding.seal(request.form.get("q", ""))
    form, box = request.form.get("form") or None, request.form.get("box") or None
    return redirect(url_for("admin.submissions", form=form, box=box, s=sealed), 303)


def rows(
    query: str, form: Form | None, box: str | None, before: int | None, after: int | None, limit: int
) -> Sequence[Submission]:
    """Submissions next to a key, newest first."""
    if query:
        return _found(query, form, box, before, after, limit)
    if form is None or box:
        return _beside(form, box, before, after, limit)
    # the index of a form is by box: asking each box in turn beats walking past every other form's rows
    both = [row for each in BOXES for row in _beside(form, each, before, after, limit)]
    both.sort(key=lambda row: row.id, reverse=True)
    return both[-limit:] if after is not None else both[:limit]


def _beside(
    form: Form | None, box: str | None, before: int | None, after: int | None, limit: int
) -> Sequence[Submission]:
    statement = select(Submission)
    if form:
        statement = statement.where(Submission.form_id == form.id)
    if box:
        statement = statement.where(Submission.box == box)
    found = db.session.scalars(keyset.beside(statement, Submission.id, before, after, limit)).all()
    return keyset.newest_first(found, after)


def _found(
    query: str, form: Form | None, box: str | None, before: int | None, after: int | None, limit: int
) -> Sequence[Submission]:
    markers = [form_marker(form.id)] if form else []
    wanted = " ".join([query, *markers, *([box_marker(box)] if box else [])])
    ids = finding.patiently(search.find_submissions, wanted, before, limit, after)
    return db.session.scalars(select(Submission).where(Submission.id.in_(ids)).order_by(Submission.id.desc())).all()


def _item(row: Submission, known: dict[int, Form], names: dict[str, str]) -> dict[str, Any]:
    form = known[row.form_id]
    return {
        "url": url_for("admin.submission", id=row.id),
        "at": row.received_at,
        "form": forms.title(form),
        "name": forms.spoken(row.answers.get("name")),
        "address": row.address,
        "excerpt": forms.message(form, row.answers),
        "box": row.box,
        "reason": row.reason,
        "asked": [names.get(purpose, purpose) for purpose in row.asked],
        "masked": bool(row.masked),
    }


def _get(id: int) -> Submission:
    return db.session.get(Submission, id) or abort(404)


@bp.get(f"/submissions/{ID}")
def submission(id: int) -> Any:
    """One submission, and the person behind it."""
    row = _get(id)
    contact = db.session.get(Contact, row.contact_id) if row.contact_id else None
    audit.look(actor(), "looked_at_submission", contact.subject if contact else "", f"submission:{row.id}")
    form = db.session.get(Form, row.form_id)
    version = db.session.get(FormVersion, row.version_id)
    shown = {name: getattr(row, name) for name in ("id", "box", "reason", "lang", "page_url", "network", "render")}
    return render_template(
        "admin/submission.html",
        submission={
            **shown,
            "at": row.received_at,
            "form": forms.title(form) if form else "",
            "masked": covered(row.masked, version, current_language()) if version else row.masked,
            "answers": forms.answered(version, row.answers),
            "asked": _asked(row),
        },
        contact={"url": url_for("admin.contact", id=contact.id), "address": contact.address} if contact else None,
        move_action=url_for("admin.move_submission", id=row.id),
    )


def _asked(row: Submission) -> list[dict[str, str]]:
    names = forms.purposes()
    texts = {purpose: db.session.get(ConsentText, name) for purpose, name in row.asked.items()}
    return [{"purpose": names.get(p, p), "text": text.text if text else ""} for p, text in texts.items()]


@bp.post(f"/submissions/{ID}/box")
def move_submission(id: int) -> Any:
    """Between received and spam. What leaves the spam box is worked on as if it came now."""
    row, box = _get(id), request.form.get("box", "")
    if box not in BOXES:
        abort(400)
    if row.box != box:
        service.move(row, box)
        audit.record(actor(), "moved_submission", object=f"submission:{row.id}", note=f"{row.reason} > {box}"[:80])
        db.session.commit()
        flash(_("Moved."))
    return redirect(url_for("admin.submission", id=id), 303)
