"""Flask-Security, narrowed to what a small staff needs: accounts, argon2, a session. No registration, no recovery."""

from __future__ import annotations

from typing import Any, NoReturn

from flask import Flask, Request
from flask.sessions import NullSession, SecureCookieSession, SecureCookieSessionInterface
from flask_security import SQLAlchemyUserDatastore

from app.admin.models import Role, User
from app.extensions import db, security

SETTINGS = {
    "SECURITY_PASSWORD_HASH": "argon2",
    "SECURITY_PASSWORD_SCHEMES": ["argon2"],
    "SECURITY_PASSWORD_SINGLE_HASH": True,  # a pepper from SECRET_KEY would lock everybody out when that is rotated
    "SECURITY_API_ENABLED_METHODS": ["session"],
    "SECURITY_SEND_REGISTER_EMAIL": False,
    "SECURITY_CLI_USERS_NAME": None,  # `flask staff` is ours
    "SECURITY_CLI_ROLES_NAME": None,
}


class NoSession(NullSession):
    """What public pages get: it holds nothing, and whoever writes to it learns that here and not from a cookie."""

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise RuntimeError("public pages have no session and set no cookie")

    __setitem__ = __delitem__ = clear = pop = popitem = update = setdefault = _refuse


class StaffSessions(SecureCookieSessionInterface):
    """Flask's signed cookie, for the staff pages alone."""

    null_session_class = NoSession

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session, or none at all outside the staff pages: no cookie is read there and none is set."""
        staff = request.path == "/admin" or request.path.startswith("/admin/")
        return super().open_session(app, request) if staff else None


def init_app(app: Flask) -> None:
    app.session_interface = StaffSessions()
    app.config.update(SETTINGS)
    # Its pages are left out: ours are three, speak both languages and stand in app/admin/pages/signin.py.
    security.init_app(app, SQLAlchemyUserDatastore(db, User, Role), register_blueprint=False)
    # Flask-Principal would load the account before every request, also where ours is to ask for reading only.
    app.before_request_funcs[None].remove(security.principal._on_before_request)
    security.login_manager.request_loader(lambda request: None)  # no tokens, no basic auth
