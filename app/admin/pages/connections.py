"""The other systems: whether they answer, what waits for them, what failed, and the buttons to pull."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.admin.gate import actor, bp
from app.admin.reasons import plain
from app.admin.task_words import told
from app.extensions import db
from app.outbox.models import OutboxRow
from app.sync import google, links
from app.sync.coverage import service as coverage
from app.sync.drift import service as drift
from app.sync.links import Standing


@bp.get("/connections")
def connections() -> Any:
    """Every system, those that are on first."""
    standings = links.all_standings()
    items = [_item(one) for one in standings if one.state != "off"]
    off = [one.title for one in standings if one.state == "off"]
    page = {"items": items, "off": off, "enough": links.ENOUGH, "google": google.standing()}
    return render_template("admin/connections.html", **page)


def _item(one: Standing) -> dict[str, Any]:
    return {
        **{name: getattr(one, name) for name in ("name", "title", "state", "since", "until", "waiting", "failed")},
        "link": one.link,
        "answer": told(one.link.answer),
        "why": plain(one.link.error),
        "tested": one.tested,
        "failures": [_failure(row) for row in one.failures],
        "drift": drift.latest(one.name) if drift.keeps_a_list(one.name) else None,
        "compares": drift.keeps_a_list(one.name),
        "coverage": _coverage(one.name),
    }


def _coverage(name: str) -> dict[str, Any] | None:
    row = coverage.get(name)
    if row is None:
        return None
    changes = [change.text for change in coverage.changes(name)]
    silent = row.seen["silent"]
    return {"at": row.seen_at, "silent": silent, "changes": changes, "fingerprint": coverage.fingerprint(name)}


def _failure(row: OutboxRow) -> dict[str, Any]:
    return {"at": row.failed_at, "kind": row.kind, "ref": row.ref, "why": plain(row.error), "error": row.error}


@bp.post("/connections/<name>/test")
def test_connection(name: str) -> Any:
    """The worker asks; what it hears stands on the page a moment later."""
    _do(links.test, name)
    return _back(_("%(system)s is being asked. Look again in a moment.", system=links.title(name)))


@bp.post("/connections/<name>/pause")
def pause_connection(name: str) -> Any:
    """Nothing is told until somebody resumes; nothing is lost."""
    _do(links.pause, name)
    return _back(_("%(system)s is paused. What it is to be told waits.", system=links.title(name)))


@bp.post("/connections/<name>/resume")
def resume_connection(name: str) -> Any:
    """Go on where we stopped."""
    _do(links.resume, name)
    return _back(_("%(system)s is told again.", system=links.title(name)))


@bp.post("/connections/<name>/retry")
def retry_connection(name: str) -> Any:
    """All that was given up, from the start."""
    count = _do(links.try_again, name)
    return _back(_("Being tried again: %(count)s.", count=count))


@bp.post("/connections/<name>/coverage")
def accept_coverage(name: str) -> Any:
    """Somebody has looked at the change, as it stood on the page."""
    seen = request.form.get("fingerprint", "")
    if _do(lambda which, who: coverage.accept(which, seen, who), name):
        return _back(_("Noted. People can be erased at %(system)s again.", system=links.title(name)))
    return _back(_("It has changed again since this page was shown. Please look once more."))


def _do(verb: Callable[[str, str], Any], name: str) -> Any:
    try:
        return verb(name, actor())
    except links.Unknown:
        abort(404)


def _back(message: str) -> Any:
    db.session.commit()
    flash(message)
    return redirect(url_for("admin.connections"), 303)
