"""How a company looks: `/site/<slug>.css` is its colour, for our one stylesheet to use; `/logo/<hash>` its logo."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request

from app.extensions import db
from app.sites.models import Picture
from app.sites.service import find

bp = Blueprint("sites", __name__)

HOUR = 3600
YEAR = 365 * 24 * HOUR
# For whoever opens an SVG by itself: it is a document then, and may hold what a picture may not.
ALONE = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'none'; base-uri 'none'"


@bp.get("/site/<slug>.css")
def style(slug: str) -> Response:
    site = find(slug)
    if site is None:
        abort(404)
    answer = Response(f":root{{--brand:{site.color};--on-brand:{site.on_color}}}\n", mimetype="text/css")
    answer.cache_control.public, answer.cache_control.max_age = True, HOUR
    answer.add_etag()
    answer.make_conditional(request)
    return answer


@bp.get("/logo/<name>")
def logo(name: str) -> Response:
    picture = db.session.get(Picture, name)
    if picture is None:
        abort(404)
    answer = Response(picture.content, mimetype=picture.kind)
    answer.cache_control.public, answer.cache_control.max_age, answer.cache_control.immutable = True, YEAR, True
    answer.headers["Content-Security-Policy"] = ALONE
    return answer
