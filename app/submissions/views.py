"""`/f/<form>`: the hosted page, the post, and what a script needs."""

from __future__ import annotations

import re

from flask import Blueprint, Response, abort, current_app, g, jsonify, make_response, render_template, request
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _

from app.consent import texts
from app.extensions import csrf, db
from app.sites.models import Site
from app.submissions import demo_page, form_token, intake, judge, origins, page, replies, sender, unread
from app.submissions.catalogue import Published, catalogue
from app.submissions.decode import Decoded, DecodeError, decode
from app.submissions.intake import KeyUsed
from app.submissions.reading import read
from app.submissions.sender import Headers

bp = Blueprint("submissions", __name__)
csrf.exempt(bp)  # anyone may send a form and no cookie is read here: there is no session to ride on


@bp.record_once
def _with_demo(state: BlueprintSetupState) -> None:
    if not state.app.config["PRODUCTION"]:
        state.app.register_blueprint(demo_page.bp)


REFERENCE = re.compile(r"sub_[0-9a-f]{1,16}")


@bp.get("/f/<slug>", provide_automatic_options=False)
def show(slug: str) -> Response:
    form = _form(slug)
    if {name.casefold() for name in request.args} & set(form.names):
        abort(405, valid_methods=["POST"])  # answers in an address end up in logs and histories
    return replies.hosted(form, g.lang)


@bp.post("/f/<slug>", provide_automatic_options=False)
def send(slug: str) -> Response:
    form, headers = _form(slug), g.headers
    if not origins.welcome(headers.origin, headers.fetch_site, _listed(form)):
        abort(403)
    posts = judge.rate(form, sender.network(headers.address))
    if posts > current_app.config["INTAKE_STOP_PER_MINUTE"]:
        return _wait()
    if headers.encoding:
        abort(415)
    raw = request.get_data(cache=False)
    try:
        decoded = decode(raw, request.content_type or "")
    except DecodeError as error:
        return _unreadable(form, headers, raw, error, posts)
    return _take(form, headers, decoded, posts)


def _take(form: Published, headers: Headers, decoded: Decoded, posts: int) -> Response:
    said = read(form, catalogue(), decoded, headers.for_adapters)
    lang = g.lang = sender.language(form, headers, said.token.lang, said.controls.get("_lang"))
    if said.mistakes:
        return replies.mend(form, said, lang)
    try:
        receipt = intake.accept(said, sender.sender(form, headers, lang, said.controls), posts)
    except KeyUsed:
        return replies.refuse(
            409, "key_used", _("This was sent before with other words. Send it again with a new key.")
        )
    return replies.thank(form, said, receipt, lang)


def _form(slug: str) -> Published:
    """The form; 404 when there is none, 410 when it is closed: nothing sent to a closed form is kept."""
    form = catalogue().find(slug)
    if form is None:
        abort(404)
    g.form, g.headers = form, sender.look()
    g.lang = sender.language(form, g.headers)
    if not form.open:
        abort(410)
    return form


def _listed(form: Published) -> frozenset[str]:
    """Pages a form may be sent from. In development we answer to whatever name this machine was called by."""
    called = "" if current_app.config["PRODUCTION"] else request.host_url
    return origins.listed(form.site.origin, current_app.config["BASE_URL"], called)


def _wait() -> Response:
    answer = replies.refuse(429, "too_many_requests")
    answer.headers["Retry-After"] = "60"
    return answer


def _unreadable(form: Published, headers: Headers, raw: bytes, error: DecodeError, posts: int) -> Response:
    """A person may read what a program could not: kept, unless it is too large, empty, or not allowed to be kept."""
    if error.status == 413 or not raw or form.age:
        return replies.refuse(error.status, error.code)
    if posts > current_app.config["INTAKE_BOX_PER_MINUTE"]:
        return _wait()
    unread.keep(form, raw, request.content_type or "", error.code, sender.sender(form, headers, g.lang, {}))
    db.session.commit()
    return replies.refuse(error.status, error.code, _kept())


def _kept() -> str:
    text: str = _(
        "We could not read this by ourselves, but nothing is lost: it is kept safely for 30 days, "
        "and one of us will look at it."
    )
    return text


@bp.get("/f/<slug>/token", provide_automatic_options=False)
def token(slug: str) -> Response:
    form = _form(slug)
    answer = jsonify(token=form_token.issue(form, g.lang), form=form.slug, lang=g.lang)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.get("/f/<slug>/schema", provide_automatic_options=False)
def schema(slug: str) -> Response:
    """The form as a script draws it, in one language."""
    form = _form(slug)
    site = form.site
    answer = jsonify(
        **page.shown(form, g.lang),
        lang=g.lang,
        version=form.hash,
        action=current_app.config["BASE_URL"] + f"/f/{form.slug}",
        policy_url=site.policy_url(g.lang),
        links=_links(site),
        other_contact=page.other_contact(form, g.lang),
        words=_words(),
    )
    answer.headers["Cache-Control"] = "public, max-age=60"
    return answer


def _links(site: Site) -> list[tuple[str, str]]:
    """Where every form leads: the policy, where there is one, and the page where people ask for what is theirs."""
    rights = current_app.config["BASE_URL"] + site.privacy_path(g.lang), _("Privacy: your rights")
    policy = site.policy_url(g.lang), _("How we treat what you send us")
    return [policy, rights] if policy[0] else [rights]


def _words() -> dict[str, str]:
    """What the script says by itself."""
    return {
        "voluntary": _("optional"),
        "later": _("May we write to you later?"),
        "free": _("Your answer here changes nothing about what you send us now. You can change your mind at any time."),
        "policy": _("How we treat what you send us"),
        "choose": _("Choose"),
        "send": _("Send"),
    }


@bp.get("/f/<slug>/thanks")
def thanks(slug: str) -> Response:
    """What was sent is not told here, only what the address of the page says happens next."""
    form = _form(slug)
    purposes = {box["purpose"] for box in form.boxes.values()}
    asked = [purpose for purpose in request.args.get("asked", "").split(".") if purpose in purposes]
    reference = request.args.get("ref", "")
    html = render_template(
        "public/thanks.html",
        site=form.site,
        form={"title": form.says("title", g.lang)},
        message=form.says("thanks", g.lang),
        pending=[texts.label(purpose, g.lang) for purpose in asked],
        nothing=replies.nothing() if form.consent_alone and not request.args.get("asked") else None,
        masked=bool(request.args.get("masked")),
        reference=reference if REFERENCE.fullmatch(reference) else None,
        back_url=_page(form),
    )
    return make_response(html)


def _page(form: Published) -> str:
    place: str = form.definition["page"]
    return form.site.origin + place if place.startswith("/") else place or form.site.origin


@bp.route("/f/<slug>", methods=["OPTIONS"])
@bp.route("/f/<slug>/token", methods=["OPTIONS"])
@bp.route("/f/<slug>/schema", methods=["OPTIONS"])
def preflight(slug: str) -> Response:
    _form(slug)
    return Response(status=204)


@bp.context_processor
def _tongue() -> dict[str, None]:
    """No page of a form leads to a language that its site does not speak."""
    form: Published | None = g.get("form")
    return {"other_lang_url": None} if form and len(form.site.languages) == 1 else {}


@bp.after_request
def _share(response: Response) -> Response:
    """Let scripts on the form's own site read the answer, whatever it is."""
    form: Published | None = g.get("form")
    if form:
        origin = g.headers.origin
        if origin is not None:
            response.headers.update(origins.cors(origin, _listed(form), request.method == "OPTIONS"))
        response.headers.add("Vary", "Origin")
    return response
