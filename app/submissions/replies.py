"""Answers to a post: a page for people, JSON for scripts. Neither tells whether an address was known."""

from __future__ import annotations

from functools import lru_cache

from flask import Response, current_app, g, jsonify, make_response, render_template, request, url_for
from flask_babel import gettext as _

from app import errors
from app.submissions import form_token, mending, page, words
from app.submissions.catalogue import Published
from app.submissions.ids import public
from app.submissions.intake import Receipt
from app.submissions.reading import Reading
from app.submissions.redirects import safe_next

# As every page, and: a browser follows our redirect to the company's site only where form-action allows it.
POLICY = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self' {site}; "
POLICY += "frame-ancestors 'none'; base-uri 'none'"


def scripted() -> bool:
    """Does a script wait for this answer? It says so, or it sent JSON and did not ask for a page."""
    accept = g.headers.accept
    return _prefers_json(accept) or (request.is_json and "text/html" not in (accept or ""))


@lru_cache(1000)
def _prefers_json(accept: str | None) -> bool:
    # Of the same header always the same: browsers send few, and reading one takes longer than reading the form.
    return bool(accept) and errors.wants_json()


def refuse(code: int, error: str, text: str | None = None) -> Response:
    """An error as a page or as JSON, whichever the sender reads."""
    if not scripted() or errors.wants_json():
        return errors.answer(code, error, text)
    usual = _("We could not read the request. Please go back and try again.")
    body: dict[str, object] = {"ok": False, "success": False, "error": error, "message": text or usual, "errors": []}
    return make_response(jsonify(body), code)


def hosted(form: Published, lang: str, said: Reading | None = None) -> Response:
    """The form on our own page; after a refused post with what was typed, and what to mend."""
    found = words.mistakes(form, said.mistakes, lang) if said else {}
    html = render_template(
        "public/form.html",
        site=form.site,
        form=page.shown(form, lang),
        action=url_for("submissions.send", slug=form.slug),
        values=mending.values(form, said) if said else {},
        hidden=mending.hidden(form, said, g.headers.referer) if said else [],
        errors=found,
        error_summary=True,
        masked=bool(said and said.masked),
        token=_token(form, lang, said),
        other_contact=page.other_contact(form, lang),
    )
    answer = make_response(html, 422 if found else 200)
    answer.headers["Content-Security-Policy"] = POLICY.format(site=form.site.origin)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def _token(form: Published, lang: str, said: Reading | None) -> str:
    """The one that was sent, as long as it is good: whoever mends one letter must not seem to be in a hurry."""
    if said and not isinstance(said.token.age, str) and said.shown is form:
        return said.controls["_t"]
    return form_token.issue(form, lang)


def mend(form: Published, said: Reading, lang: str) -> Response:
    """422: what is wrong, beside the fields or as JSON."""
    if not scripted():
        return hosted(form, lang, said)
    found = words.mistakes(form, said.mistakes, lang)
    listed = [{"field": name, "code": said.mistakes[name].code, "message": text} for name, text in found.items()]
    message = _("Please look at the fields again.")
    body = {"ok": False, "success": False, "error": "invalid", "message": message, "errors": listed}
    return make_response(jsonify(body), 422)


def thank(form: Published, said: Reading, receipt: Receipt, lang: str) -> Response:
    """303 to the page that says thank you, or the same in JSON."""
    place = _place(form, said, receipt, lang)
    if not scripted():
        return Response(status=303, headers={"Location": place})
    waits = bool(said.ticked)
    body = {
        "ok": True,
        "success": True,
        "id": public(receipt.id),
        "status": "pending_confirmation" if waits else "accepted",
        "duplicate": receipt.duplicate,
        "message": message(form, lang, waits, bool(said.masked)),
        "masked": bool(said.masked),
        "next": current_app.config["BASE_URL"] + place if place.startswith("/") else place,
    }
    return make_response(jsonify(body), 200)


def message(form: Published, lang: str, waits: bool, masked: bool = False) -> str:
    """Thanks, what happens next, and what was covered: the words of the thank-you page, for whoever never sees it."""
    thanks = form.says("thanks", lang) or _("Thank you! We have received what you sent.")
    letter = _("Look in your inbox: nothing is sent to you until you have pressed the button in our letter.")
    covered = _(
        "You wrote a number that looks like a national identity number or a card number. We do not collect those, so "
        "we covered it before storing anything."
    )
    next_ = [letter] if waits else [nothing()] if form.consent_alone else []
    return " ".join([thanks, *next_, *([covered] if masked else [])])


def nothing() -> str:
    """What follows where a form that asks for consent alone came without a tick."""
    return str(_("You ticked nothing, so we send you nothing."))


def _place(form: Published, said: Reading, receipt: Receipt, lang: str) -> str:
    origin = form.site.origin
    for wish in (said.controls.get("_next"), form.definition["thanks_page"]):
        if wish and (found := safe_next(wish, origin)):
            return found
    news = [("lang", lang), ("asked", ".".join(said.purposes)), ("masked", "1" if said.masked else "")]
    query = "&".join(f"{name}={value}" for name, value in (*news, ("ref", public(receipt.id))) if value)
    return f"/f/{form.slug}/thanks?{query}"  # slugs and hex digits: nothing here needs quoting
