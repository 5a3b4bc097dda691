"""`/site/<slug>.css`: the company's colour, for our one stylesheet to use."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request

from app.sites.service import find

bp = Blueprint("sites", __name__)

HOUR = 3600


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
