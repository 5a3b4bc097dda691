"""Signing in at Google by a click: what is asked for and why, the way there, the way back, and taking it back.

Google comes back with a GET (RFC 6749 section 4.1.2). That page only asks whether to finish; the exchange is a POST.
"""

from __future__ import annotations

import hmac
import secrets
import time
from typing import Any
from urllib.parse import urlsplit

from flask import abort, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from app.admin.gate import HEADERS, actor, bp
from app.admin.models import User
from app.admin.pages.google_words import SCOPES, WAYS
from app.extensions import db
from app.processors.base import Rejected, Retry
from app.processors.google import oauth
from app.processors.google.auth import FEATURES, Identity, Scope, identity
from app.sync import google, links, notices

PENDING = "google"  # in the session of whoever clicks
EXTRA = "gmail_permanent"
PATIENCE = 1800  # seconds from the click until Google's answer has to be there


@bp.get("/google")
def google_permission() -> Any:
    """What is asked for, what was given, by whom and when."""
    standing = google.standing()
    parts = [_part(links.title(name), scopes, standing.scopes) for name, scopes in standing.wanted.items()]
    page = render_template(
        "admin/google.html",
        standing=standing,
        said=WAYS.get(standing.way),
        parts=parts,
        extra=_part("", FEATURES[EXTRA], standing.scopes)["scopes"][0] if "gmail" in standing.wanted else None,
        who=_who(standing.given_by),
        answer_url=_answer_url(),
        may_change=may_change(),
    )
    return _leading_to_google(page) if standing.by_click else page


def _part(title: str, scopes: tuple[Scope, ...], granted: frozenset[str]) -> dict[str, Any]:
    rows = [{"url": scope.url, "text": SCOPES[scope.url], "granted": scope.url in granted} for scope in scopes]
    return {"title": title, "scopes": rows}


def _who(given_by: str) -> str:
    user = db.session.get(User, int(given_by[6:])) if given_by.startswith("staff:") else None
    return user.email if user else given_by


def may_change() -> bool:
    """Opening the company's mailbox to a program is for those who answer for it."""
    return any(role.name == "admin" for role in current_user.roles)


def _leading_to_google(page: str) -> Response:
    """A browser follows the form's way to Google only where the page's form-action allows it."""
    there = urlsplit(_client().auth_uri)
    policy = HEADERS["Content-Security-Policy"].replace(
        "form-action 'self'", f"form-action 'self' {there.scheme}://{there.netloc}"
    )
    return Response(page, mimetype="text/html", headers={"Content-Security-Policy": policy})


def _client() -> Identity:
    return identity(current_app.config["GOOGLE_CREDENTIALS"])


def _answer_url() -> str:
    """Where Google sends the browser back to: the same to the letter in Google's console."""
    return f"{current_app.config['BASE_URL']}{url_for('admin.google_answer')}"


@bp.post("/google/start")
def google_start() -> Any:
    """On to Google's page. The state and the verifier (RFC 7636) stay in the session of whoever clicks."""
    _only_who_may()
    if not google.standing().by_click:
        abort(404)
    scopes = google.needed(current_app.config)
    if request.form.get("permanent") and "gmail" in google.wanted(current_app.config):
        scopes = [*scopes, *FEATURES[EXTRA]]
    state, secret = secrets.token_urlsafe(24), oauth.verifier()
    session[PENDING] = {"state": state, "secret": secret, "user": current_user.id, "until": time.time() + PATIENCE}
    mailbox = current_app.config["GMAIL_MAILBOX"].partition(",")[0].strip()
    return redirect(oauth.consent_url(_client(), _answer_url(), scopes, state, secret, mailbox), 303)


@bp.get("/google/answer")
def google_answer() -> Any:
    """What Google came back with. Nothing happens before the button is pressed."""
    _only_who_may()
    state, code = request.args.get("state", ""), request.args.get("code", "")
    problem = ""
    if _begun(state) is None:
        problem = _("This answer belongs to no sign-in that you have begun. Begin again.")
    elif not code:
        problem = _("Google gave no permission. Nothing has been changed.")
    page = render_template("admin/google_answer.html", code=code, state=state, problem=problem)
    return page, 400 if problem else 200


@bp.post("/google/finish")
def google_finish() -> Any:
    """Exchange the code for a permission that lasts, and keep it if it covers what is turned on.

    A state counts once, also for somebody who has kept a copy of the cookie.
    """
    _only_who_may()
    state = request.form.get("state", "")
    begun, who = _begun(state), actor()
    session.pop(PENDING, None)
    if begun is None or not notices.news("google_sign_in", state):
        return _refused(_("This answer belongs to no sign-in that you have begun. Begin again."))
    db.session.commit()  # nothing is held while Google is spoken to
    try:
        grant = oauth.exchange(_client(), _answer_url(), request.form.get("code", ""), begun["secret"])
    except (Rejected, Retry):
        return _refused(_("Google did not complete the sign-in. Begin again."))
    lacking = oauth.missing(grant, google.needed(current_app.config))
    if lacking:
        named = " ".join(str(SCOPES[scope.url]) for scope in lacking)
        return _refused(_("This was not permitted at Google, and nothing works without it: %(scopes)s", scopes=named))
    google.keep(grant, who)
    return _done(_("The permission is kept. The connections are being tested."))


@bp.post("/google/remove")
def google_remove() -> Any:
    """Give the permission back to Google, then forget it here. Where Google cannot be reached, it stays."""
    _only_who_may()
    held, who = google.held(), actor()
    db.session.commit()
    try:
        if held:
            oauth.revoke(_client(), held.refresh_token)
    except Retry:
        return _refused(_("Google cannot be reached, so the permission is still in force. Try again in a while."))
    except (Rejected, ValueError):
        flash(_("Google did not take it back. Remove Samtykke by hand at myaccount.google.com/connections."), "error")
    google.forget(who)
    return _done(_("The permission has been removed."))


def _begun(state: str) -> dict[str, Any] | None:
    """The sign-in that this account has begun in this browser, if the answer is to that one and not too late."""
    begun: dict[str, Any] | None = session.get(PENDING)
    if begun is None or begun["user"] != current_user.id or time.time() > begun["until"]:
        return None
    return begun if hmac.compare_digest(begun["state"].encode(), state.encode()) else None


def _only_who_may() -> None:
    if not may_change():
        abort(403)


def _refused(message: str) -> Any:
    flash(message, "error")
    return redirect(url_for("admin.google_permission"), 303)


def _done(message: str) -> Any:
    db.session.commit()
    flash(message)
    return redirect(url_for("admin.google_permission"), 303)
