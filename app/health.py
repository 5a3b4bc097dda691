"""Is it alive, is it ready, and how much is waiting. (Counts follow when the streets are there.)"""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def alive() -> tuple[str, int]:
    """The process answers. Says nothing of the database, so that a slow database does not restart the web."""
    return "ok\n", 200
