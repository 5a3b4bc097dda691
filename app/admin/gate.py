"""The door to the staff pages. Every page behind it demands somebody who is signed in and has a role."""

from __future__ import annotations

from time import time
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, current_app, g, make_response, redirect, request, session, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.exceptions import HTTPException

from app import errors
from app.admin.service import may_enter
from app.extensions import csrf, db
from app.i18n import supported

bp = Blueprint("admin", __name__, url_prefix="/admin")
csrf.exempt(bp)  # from the check that comes before ours: first it is seen who is there, then what they bring

ID = "<int(max=9223372036854775807):id>"  # what fits into a column
SAFE = {"GET", "HEAD", "OPTIONS"}
NOTHING_TYPED = {"admin.sign_out", "admin.choose_language"}
LONGEST_DAY = 16 * 3600  # seconds after which one signs in again, busy or not
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
}


@bp.before_request
def admit() -> Any:
    """Who comes from another site, has not signed in, or has no role, goes no further."""
    if request.method not in SAFE and request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
        abort(403)
    if request.method in SAFE or request.endpoint == "admin.sign_in":
        only_reading()
    if request.endpoint == "admin.sign_in":
        return csrf.protect()
    if not current_user.is_authenticated or time() - session.get("fs_paa", 0) > LONGEST_DAY:
        return redirect(url_for("admin.sign_in", **_back()))
    g.lang = supported(request.args.get("lang")) or current_user.lang
    if not may_enter(current_user) and request.endpoint != "admin.sign_out":
        return errors.answer(403, "no_role", _("Your account has not been given a role yet. Ask whoever made it."))
    return csrf.protect()


def _back() -> dict[str, Any]:
    """Where to go on after signing in: the page that was asked for, or the one whose form was sent and not taken in."""
    if request.method in SAFE:
        return {"next": request.full_path.rstrip("?")}
    return {"next": _page_of_form(), "lost": None if request.endpoint in NOTHING_TYPED else 1}


def _page_of_form() -> str | None:
    """The page that the form stood on, as the browser says; otherwise the nearest page above where it was sent."""
    came = urlsplit(request.referrer or "")
    if came.netloc == request.host and _is_page(came.path):
        return f"{came.path}?{came.query}".rstrip("?")
    path = request.path
    while path.startswith("/admin/") and not _is_page(path):
        path = path.rpartition("/")[0]
    return path if _is_page(path) else None


def _is_page(path: str) -> bool:
    """Can it be opened, and is it a page of staff?"""
    try:
        endpoint, _values = current_app.url_map.bind("").match(path, method="GET")
    except HTTPException:
        return False
    return bool(endpoint.startswith("admin.")) and endpoint != "admin.sign_in"


def only_reading() -> None:
    """On SQLite a transaction takes the write lock when it begins; a page that only reads must not hold it."""
    if db.engine.dialect.name == "sqlite":
        db.session.connection(execution_options={"read_only": True})


@bp.after_request
def harden(response: Response) -> Response:
    """Personal data stays out of every cache; nothing is loaded from elsewhere. A page may have its own say."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def scripted(page: str) -> Response:
    """A page that brings itself up to date by a script of ours."""
    response = make_response(page)
    policy = HEADERS["Content-Security-Policy"]
    response.headers["Content-Security-Policy"] = f"{policy}; script-src 'self'; connect-src 'self'"
    return response


@bp.context_processor
def shared() -> dict[str, Any]:
    """What every staff page knows: where it stands, so that changing the language leads back to it."""
    return {"here_url": request.full_path.rstrip("?") if request.method == "GET" else url_for("admin.start")}


def actor() -> str:
    """Who acts, in the words of the ledger and the audit trail."""
    return f"staff:{current_user.id}"


def inside(target: str | None) -> str:
    """A path of the staff pages to go on to; the start page for anything else."""
    parts = urlsplit(target or "")
    ours = not parts.scheme and not parts.netloc and parts.path.startswith("/admin/") and _is_page(parts.path)
    return target if target and ours and "\\" not in target else url_for("admin.start")


def signed_out_everywhere() -> None:
    """Forget the session, and the CSRF token that Flask-WTF keeps for the rest of the request."""
    session.clear()
    g.pop(current_app.config["WTF_CSRF_FIELD_NAME"], None)
