"""Withdrawal: a page with a button, one click from the mail program, and a way back for whoever lost the letter.

RFC 8058: POST without cookies, in any encoding or with no body, is enough; no redirect. Never rate-limited.
"""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from structlog import get_logger
from werkzeug.exceptions import HTTPException

from app import outbox
from app.consent import links, spool, taking_back, texts
from app.consent.confirm import receipt_of
from app.consent.links import Withdrawal
from app.consent.pages import bind, facts, page, plain
from app.consent.taking_back import Taken
from app.contacts.addresses import InvalidAddress, canonical
from app.contacts.service import find
from app.errors import unavailable
from app.extensions import csrf, db, limiter
from app.i18n import current_language
from app.sites.service import home

bp = Blueprint("unsubscribe", __name__)
csrf.exempt(bp)

log = get_logger()
DATABASE_AWAY = (OperationalError, InterfaceError, PoolTimeout)


@bp.get("/u/<token>", strict_slashes=False)
def show(token: str) -> Response:
    link = links.read_unsubscribe(token)
    if link is None:
        return _unknown()
    bind(link.lang)
    return _page(link, token, taking_back.left(link))


@bp.post("/u/<token>", strict_slashes=False)
def press(token: str) -> Response:
    link = links.read_unsubscribe(token)
    if link is None:
        return _unknown()
    bind(link.lang)
    method = _method()
    try:
        taken = taking_back.press(link, method, facts)
        db.session.commit()
    except DATABASE_AWAY:
        db.session.rollback()
        return _later(token, method)
    return _page(link, token, taken) if method == "page_button" else plain(_line(taken.state))


def _method() -> str:
    """How the person did it. A body that cannot be read is a wish all the same."""
    try:
        form = request.form
    except (HTTPException, ValueError):
        return "post_no_body"
    if form.get("by") == "page":
        return "page_button"
    return "one_click" if form.get("List-Unsubscribe") == "One-Click" else "post_no_body"


def _later(token: str, method: str) -> Response:
    """The database is away: keep the wish on disk, and only then say that it is kept."""
    try:
        spool.keep(token, method)
    except OSError as error:
        log.error("spool_full", error=type(error).__name__)
        return unavailable()
    return plain(_("Your withdrawal is received and will be carried out as soon as possible."), 202)


def _line(state: str) -> str:
    lines: dict[str, str] = {
        "done": _("You are unsubscribed."),
        "already": _("You are already unsubscribed."),
        "kept_off": _("You are not on the list, and will not be put on it."),
        "gone": _("You are not on the list."),
    }
    return lines[state]


def _page(link: Withdrawal, token: str, taken: Taken) -> Response:
    return page(
        "public/unsubscribe.html",
        site=home(link.site),
        state=taken.state,
        action=url_for("unsubscribe.press", token=token),
        purposes=[texts.label(slug, link.lang) for slug in taken.purposes],
        receipt=receipt_of(taken.events[0]) if taken.events else None,
        choose_action=url_for("unsubscribe.choose", token=token) if taken.state == "ask" else None,
    )


def _unknown() -> Response:
    return page("public/unsubscribe.html", 404, site=home(), state="unknown", action="", purposes=[], receipt=None)


@bp.post("/u/<token>/choose")
def choose(token: str) -> Response:
    """Mail a fresh link to the address on file: whoever only holds a forwarded letter learns nothing."""
    link = links.read_unsubscribe(token)
    if link is None:
        return _unknown()
    bind(link.lang)
    contact = taking_back.whose(link)
    outbox.enqueue("consent.lost", contact.id if contact else 0)
    db.session.commit()
    return page("public/lost.html", site=home(link.site), state="sent")


@bp.get("/unsubscribe")
@bp.get("/meld-deg-av")
def lost() -> Response:
    _speak_as_the_address()
    return page("public/lost.html", site=home(), state="ask", action=request.path, values={}, errors={})


@bp.post("/unsubscribe")
@bp.post("/meld-deg-av")
@limiter.limit(lambda: _limit())
def send_link() -> Response:
    """Always the same answer, and the same work, whether we know the address or not."""
    _speak_as_the_address()
    typed = request.form.get("address", "")
    try:
        address = canonical(typed).canonical
    except InvalidAddress:
        errors = {"address": _("Please write a full e-mail address, such as kari@example.no.")}
        return page(
            "public/lost.html",
            422,
            site=home(),
            state="ask",
            action=request.path,
            values={"address": typed},
            errors=errors,
        )
    contact = None if request.form.get("_gotcha") else find(address)
    outbox.enqueue("consent.lost", contact.id if contact else 0)
    db.session.commit()
    return page("public/lost.html", site=home(), state="sent")


def _limit() -> str:
    from flask import current_app

    return str(current_app.config["LOST_LIMIT"])


def _speak_as_the_address() -> None:
    """`/unsubscribe` is English and `/meld-deg-av` Norwegian, unless `?lang=` or the form says otherwise."""
    chosen = request.args.get("lang") or request.form.get("_lang")
    bind(chosen or ("en" if request.path == "/unsubscribe" else "nb"))
    bind(current_language())
