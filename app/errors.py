"""Errors a visitor may meet: one calm page or one JSON shape, in the visitor's language, never a stack trace."""

from __future__ import annotations

import time

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask_babel import gettext as _
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from structlog import get_logger
from werkzeug.exceptions import HTTPException

from app.extensions import limiter

log = get_logger()


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, _http_error)
    for away in (OperationalError, InterfaceError, PoolTimeout):
        app.register_error_handler(away, _database_away)
    app.register_error_handler(Exception, _bug)


def wants_json() -> bool:
    """Did a script ask? Then it gets JSON."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], "text/html")
    return best == "application/json"


def answer(code: int, error: str, text: str | None = None) -> Response:
    """An error as a page or as JSON. `error` is a stable word for scripts, `text` is for people."""
    title, usual = _words(code)
    message = text or usual
    if wants_json():
        body = {"ok": False, "success": False, "error": error, "message": message, "errors": []}
        return make_response(jsonify(body), code)
    return make_response(render_template("public/error.html", code=code, title=title, text=message), code)


def _words(code: int) -> tuple[str, str]:
    pages = {
        400: (_("That did not work"), _("We could not read the request. Please go back and try again.")),
        403: (_("Not allowed from here"), _("This page may not be used from where you came.")),
        404: (_("Page not found"), _("Check that you copied the whole address.")),
        405: (_("That did not work"), _("This address cannot be used in that way.")),
        410: (_("No longer open"), _("This form has been closed.")),
        413: (_("Too much at once"), _("What you sent is larger than we can receive.")),
        415: (_("That did not work"), _("We cannot read this kind of content.")),
        422: (_("Something is missing"), _("Please look at the fields again.")),
        429: (_("Please wait a little"), _("There have been many attempts from here. Try again in a few minutes.")),
        503: (_("Back in a moment"), _("We cannot receive this right now. Nothing is lost if you try again shortly.")),
    }
    return pages.get(code, (_("Something went wrong"), _("The fault is ours. Please try again.")))


def _http_error(error: HTTPException) -> Response:
    code = error.code or 500
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    response = answer(code, error.name.lower().replace(" ", "_"))
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            response.headers[name] = value
    if limiter.current_limit and limiter.current_limit.breached:
        response.headers["Retry-After"] = str(max(1, limiter.current_limit.reset_at - int(time.time())))
    return response


def _database_away(error: Exception) -> Response:
    log.warning("database_away", error=type(error).__name__)
    return unavailable()


def unavailable() -> Response:
    """Come back in half a minute: nothing was received."""
    response = answer(503, "unavailable")
    response.headers["Retry-After"] = "30"
    return response


def _bug(error: Exception) -> Response:
    # The traceback names lines of ours; the exception's own text may hold a person's data and is left out.
    log.error("bug", error=type(error).__name__, where=_where(error), endpoint=request.endpoint)
    return answer(500, "internal_error")


def _where(error: BaseException) -> str:
    frames = []
    trace = error.__traceback__
    while trace:
        frames.append(f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " > ".join(frames[-6:])
