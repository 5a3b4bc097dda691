"""The register of processors: read by all staff, changed by those in the role admin, printed for the authority."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user

from app.admin import actors
from app.admin.gate import actor, bp
from app.extensions import db
from app.i18n import current_language
from app.register import fields, printed, service
from app.register.service import Entry


@bp.get("/register")
def register() -> Any:
    """Every entry, and how much of it must still be checked."""
    lang = current_language()
    items = [_item(entry, lang) for entry in service.all_entries()]
    return render_template("admin/register.html", items=items)


def _item(entry: Entry, lang: str) -> dict[str, Any]:
    return {
        "url": url_for("admin.register_entry", entry=entry.entry),
        "name": entry.said("name", lang),
        "holds": entry.said("holds", lang),
        "version": entry.version,
        "at": entry.at,
        "unsure": len(entry.unsure),
    }


@bp.get("/register/record/<lang>")
def register_record(lang: str) -> Any:
    """The article 30 record on one page, to print."""
    if lang not in fields.LANGUAGES:
        abort(404)
    shown = [_shown(entry, lang) for entry in service.all_entries()]
    return render_template("admin/register_record.html", entries=shown, record_lang=lang, printed=printed)


def _shown(entry: Entry, lang: str) -> dict[str, Any]:
    rows = [(printed.NAMES[lang][field], entry.said(field, lang), field in entry.unsure) for field in _fields(entry)]
    return {"name": entry.said("name", lang), "version": entry.version, "at": entry.at, "rows": rows}


def _fields(entry: Entry) -> list[str]:
    return [field for field in fields.of(entry.entry) if field != "name"]


@bp.get("/register/<entry>")
def register_entry(entry: str) -> Any:
    """One entry in both languages, and every version there was."""
    return _page(entry)


def _page(entry: str, status: int = 200, draft: dict[str, dict[str, str]] | None = None) -> Any:
    try:
        held, versions = service.current(entry), service.history(entry)
    except LookupError:
        abort(404)
    labels = printed.NAMES[current_language()]
    body = draft or held.body
    rows = [
        {
            "field": field,
            "label": labels[field],
            "said": {lang: body[lang].get(field, "") for lang in fields.LANGUAGES},
            "unsure": field in held.unsure,
        }
        for field in fields.of(entry)
    ]
    page = render_template(
        "admin/register_entry.html",
        held=held,
        title=held.said("name", current_language()),
        rows=rows,
        versions=versions,
        people=actors.names(one.actor for one in versions),
        may_change=may_change(),
        longest=fields.LONGEST,
    )
    return page, status


def may_change() -> bool:
    """Is this somebody who answers for the register?"""
    return any(role.name == "admin" for role in current_user.roles)


@bp.post("/register/<entry>")
def change_register(entry: str) -> Any:
    """A new version. The one before stays as it was."""
    if not may_change():
        abort(403)
    try:
        names = fields.of(entry)
        draft = {lang: {name: request.form.get(f"{lang}.{name}", "") for name in names} for lang in fields.LANGUAGES}
        seen = request.form.get("seen", -1, type=int)
        changed = service.change(entry, draft, request.form.getlist("unsure"), actor(), seen)
    except LookupError:
        abort(404)
    except service.Overtaken:
        flash(_("Somebody else has changed this entry. Your text stands below, and is not saved."), "error")
        return _page(entry, 409, draft)
    except ValueError:
        flash(_("A field holds at most %(count)s characters.", count=fields.LONGEST), "error")
        return _page(entry, 422, draft)
    db.session.commit()
    flash(_("The entry has been changed.") if changed else _("Nothing was different."))
    return redirect(url_for("admin.register_entry", entry=entry), 303)
