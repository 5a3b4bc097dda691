"""The public pages of requests: asking, proving, and the person's own page. The word in the link is the authority.

Opening a page changes nothing. No cookie, no script. The answer to asking is the same for everybody.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from flask_babel import gettext as _

from app.consent.pages import bind, page, private
from app.contacts.addresses import InvalidAddress, canonical
from app.extensions import csrf, db
from app.i18n import current_language
from app.network import network_of
from app.privacy import asking, door, hers, links, moving, person, words
from app.privacy import composers as _composers  # noqa: F401  registers them
from app.privacy.models import PrivacyLink
from app.sites.models import Site
from app.sites.service import home

bp = Blueprint("privacy", __name__)
csrf.exempt(bp)


# Asking


@bp.get("/privacy")
@bp.get("/personvern")
def ask() -> Response:
    """Choose what you want, and type your address."""
    _speak_as_the_address()
    return _asking({}, {"wish": request.args.get("wish", "")})


@bp.post("/privacy")
@bp.post("/personvern")
def send() -> Response:
    """Always the same answer, and the same work, whether we know the address or not."""
    _speak_as_the_address()
    values = {"wish": request.form.get("wish", ""), "address": request.form.get("address", "")}
    errors = _errors(values)
    if errors:
        return _asking(errors, values, 422)
    address, site = canonical(values["address"]), _site()
    if site and not request.form.get("_gotcha"):
        network = network_of(request.remote_addr)
        asking.ask(values["wish"], address, site=site, lang=current_language(), network=network)
        db.session.commit()
    return page("public/privacy_sent.html", site=site, address=address.display, other_lang_url=None)


def _errors(values: dict[str, str]) -> dict[str, str]:
    errors = {}
    if values["wish"] not in asking.CHOICES:
        errors["wish"] = _("Please choose what you want.")
    try:
        canonical(values["address"])
    except InvalidAddress:
        errors["address"] = _("Please write a full e-mail address, such as kari@example.no.")
    return errors


def _asking(errors: dict[str, str], values: dict[str, str], status: int = 200) -> Response:
    site = _site()
    return page(
        "public/privacy.html",
        status,
        site=site,
        action=request.path,
        choices=asking.CHOICES,
        values=values,
        errors=errors,
        other_lang_url=_elsewhere(site),
    )


def _elsewhere(site: Site | None) -> str:
    """This page in the other language."""
    path = "/privacy" if current_language() == "nb" else "/personvern"
    return f"{path}?site={site.slug}" if site else path


def _speak_as_the_address() -> None:
    """`/privacy` is English and `/personvern` Norwegian, unless `?lang=` or the form says otherwise."""
    chosen = request.args.get("lang") or request.form.get("_lang")
    bind(chosen or ("en" if request.path == "/privacy" else "nb"))
    bind(current_language())


def _site() -> Site | None:
    """The site that the visitor came from, or the first there is."""
    return home(request.args.get("site") or request.form.get("_site"))


# Proving


@bp.get("/privacy/<token>")
def show(token: str) -> Response:
    """The question behind a fresh link; her own page behind one that opens it."""
    link = links.find(links.PROVE, token)
    if link:
        return _question(link, token)
    link = links.find(moving.STOP, token)
    if link:
        return _stopping(link, token)
    link = door.find(token)
    return _hers(link, token) if link else _too_late()


@bp.post("/privacy/<token>")
def prove(token: str) -> Response:
    """The button that says: it was me. The link then opens her page for half an hour."""
    if links.find(moving.STOP, token):
        return _stopped(token)
    link, said = links.press(links.PROVE, token), "proven"
    if link:
        bind(link.lang)
        said = "address" if moving.is_new(link, asking.asked(link)) else said
        asking.prove(link, request.form.get("ground", ""), bool(request.form.get("copy_first")))
    db.session.commit()  # also what a wrong word counts
    return _back(token, said) if link else _too_late()


def _stopping(link: PrivacyLink, token: str) -> Response:
    """What whoever reads the old mailbox of somebody may say to a new one."""
    bind(link.lang)
    action, site = url_for("privacy.show", token=token), db.session.get(Site, link.site_id)
    return page("public/privacy_stop.html", site=site, action=action, open=moving.stoppable(link), stopped=False)


def _stopped(token: str) -> Response:
    link = links.press(moving.STOP, token)
    bind(link.lang if link else current_language())
    stopped = moving.stop(link) if link else False
    site = db.session.get(Site, link.site_id) if link else _site()
    db.session.commit()
    return page("public/privacy_stop.html", site=site, action="", open=False, stopped=stopped)


def _question(link: PrivacyLink, token: str) -> Response:
    bind(link.lang)
    asked = asking.asked(link)
    if moving.is_new(link, asked):
        action, site = url_for("privacy.prove", token=token), db.session.get(Site, link.site_id)
        return page("public/privacy_address.html", site=site, action=action)
    return page(
        "public/privacy_prove.html",
        site=db.session.get(Site, link.site_id),
        action=url_for("privacy.prove", token=token),
        kind=asked.kind,
        wish=words.kind(asked.kind),
        grounds=words.GROUNDS.get(asked.kind, {}),
    )


def _too_late() -> Response:
    bind(current_language())
    return page("public/privacy_late.html", 410, site=_site())


# Her own page


@bp.post(f"/privacy/<token>/<any({', '.join(hers.VERBS)}):verb>")
def act(token: str, verb: str) -> Response:
    """One button of her page."""
    link = door.press(token)
    if link is None:
        db.session.commit()
        return _too_late()
    bind(link.lang)
    try:
        said = hers.act(verb, link, request.form)
    except hers.Wrong as wrong:
        db.session.rollback()
        found = door.find(token)
        return _hers(found, token, wrong.errors) if found else _too_late()
    db.session.commit()
    return _back(token, said)


def _back(token: str, said: str) -> Response:
    return private(redirect(url_for("privacy.show", token=token, said=said), 303))  # type: ignore[arg-type]


def _hers(link: PrivacyLink, token: str, errors: dict[str, str] | None = None) -> Response:
    bind(link.lang)
    context: dict[str, Any] = person.sheet(link)
    return page(
        "public/privacy_page.html",
        422 if errors else 200,
        site=db.session.get(Site, link.site_id),
        action=url_for("privacy.show", token=token),
        said=hers.SAID.get(request.args.get("said", "")) if not errors else None,
        values=request.form,
        errors=errors or {},
        closes=door.closes(link),
        **context,
    )
