"""In, out, and the language one reads in."""

from __future__ import annotations

from typing import Any

from flask import current_app, redirect, render_template, request, session
from flask_security import current_user
from flask_security.utils import login_user, logout_user

from app import audit
from app.admin import gate, service
from app.admin.gate import bp
from app.crypto import keyring
from app.extensions import db, limiter
from app.i18n import supported
from app.network import network_of


def _network() -> str:
    return network_of(request.remote_addr)


def _address() -> str:
    return keyring().mac("login", request.form.get("email", "").strip().lower().encode())


def _limit() -> str:
    limit: str = current_app.config["LOGIN_LIMIT"]
    return limit


def _failed(response: Any) -> bool:
    return bool(response.status_code != 303)


@bp.route("/login", methods=["GET", "POST"])
@limiter.limit(_limit, key_func=_network, methods=["POST"], deduct_when=_failed)
@limiter.limit(_limit, key_func=_address, methods=["POST"], deduct_when=_failed)
def sign_in() -> Any:
    """One answer for every wrong pair. Too many of them, for one address or from one network, have to wait."""
    email, target = request.form.get("email", ""), request.values.get("next", "")
    if request.method == "POST":
        user = service.authenticate(email, request.form.get("password", ""))
        if user:
            gate.signed_out_everywhere()  # what came with the visitor must not outlive the sign-in
            login_user(user)
            session.permanent = True
            audit.look(f"staff:{user.id}", "signed_in")
            return redirect(gate.inside(target), 303)
    wrong = request.method == "POST"
    lost = bool(request.args.get("lost")) and not wrong
    return render_template("admin/login.html", email=email, next=target, wrong=wrong, lost=lost), 422 if wrong else 200


@bp.post("/logout")
def sign_out() -> Any:
    """Ends every session of the account, so that a copied cookie is worth nothing either."""
    audit.record(gate.actor(), "signed_out")
    service.end_sessions(current_user)
    db.session.commit()
    logout_user()
    gate.signed_out_everywhere()
    return redirect("/admin/login", 303)


@bp.post("/language")
def choose_language() -> Any:
    """The language is the account's and is remembered."""
    current_user.lang = supported(request.form.get("lang")) or current_user.lang
    db.session.commit()
    return redirect(gate.inside(request.form.get("next")), 303)
