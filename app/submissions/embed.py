"""`/embed.js`: the script for the company's own pages. Everything works without it."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, send_from_directory

bp = Blueprint("embed", __name__)

HOUR = 3600


@bp.get("/embed.js")
def script() -> Response:
    """Asked for by other websites, so it says that they may have it."""
    answer = send_from_directory(str(current_app.static_folder), "embed.js", max_age=HOUR)
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer
