"""`/demo`: a pretend website of the demo company, for whoever looks at the service for the first time."""

from __future__ import annotations

from flask import Blueprint, Response, abort, g, make_response, render_template
from flask_babel import gettext as _

from app.i18n import current_language
from app.submissions import page
from app.submissions.catalogue import Published, catalogue

bp = Blueprint("demo", __name__)

# The company's own website runs our script; our own pages run none.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


@bp.get("/")
@bp.get("/demo")
def show() -> Response:
    lang = g.lang = current_language()
    contact, newsletter = _form("kontakt"), _form("nyhetsbrev")
    html = render_template(
        "dev/demo.html",
        site=contact.site,
        contact=page.shown(contact, lang),
        newsletter=page.shown(newsletter, lang),
        contact_action=f"/f/{contact.slug}",
        newsletter_action=f"/f/{newsletter.slug}",
    )
    answer = make_response(html)
    answer.headers["Content-Security-Policy"] = POLICY
    return answer


def _form(slug: str) -> Published:
    """A form of the demo; 404 when the demo is not loaded."""
    return catalogue().find(slug) or abort(404)


@bp.get("/demo/personvern", defaults={"lang": "nb"})
@bp.get("/demo/privacy", defaults={"lang": "en"})
def policy(lang: str) -> Response:
    """The made-up company's privacy policy: only what its forms promise."""
    g.lang = lang
    paragraphs = [
        _("We keep what you write to us for as long as we need it to answer you."),
        _("We write to you later only when you have said yes, and stop when you say so."),
        _("This company is made up, and so is its policy."),
    ]
    title, site = _("Privacy policy"), _form("kontakt").site
    html = render_template("public/message.html", site=site, title=title, paragraphs=paragraphs, kind="info")
    return make_response(html)
