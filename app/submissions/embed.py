"""`/embed.js`: the script for the company's own pages. Everything works without it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, current_app, request

bp = Blueprint("embed", __name__)

HOUR = 3600
_SPARE = re.compile(r"^\s+(?:// .*\n\s*)?|^// .*\n|(?<=[{(,;])\n", re.MULTILINE)


@bp.get("/embed.js")
def script() -> Response:
    """Asked for by other websites, so it says that they may have it."""
    answer = Response(_small(Path(str(current_app.static_folder)) / "embed.js"), mimetype="text/javascript")
    answer.cache_control.public, answer.cache_control.max_age = True, HOUR
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.add_etag()
    answer.make_conditional(request)
    return answer


@cache
def _small(path: Path) -> str:
    """The script without indentation, comments and most line breaks: people wait for it on other websites."""
    return _SPARE.sub("", path.read_text(encoding="utf-8"))
