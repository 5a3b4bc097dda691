"""WordPress, or something in front of it, said no."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.processors.base import NO_ACCESS, Rejected

WORDS = {
    "unknown_key": "does not know our key: compare WORDPRESS_KEY_ID with the plugin's settings",
    "signature": "finds our signature wrong: compare WORDPRESS_SECRET with the plugin's settings",
    "clock": "has another time than we: set the clocks of both machines",
    "wrong_user": "acts as another user: WORDPRESS_USER must be the service user of the plugin's settings",
    "rights": "says that the service user lacks rights: make it an administrator",
    "not_an_address": "takes no such address",
    "unknown_target": "does not know what we ask for: bring the plugin up to date",
    "malformed": "cannot read us: bring the plugin up to date",
}


class Problem(Rejected):
    """`code` is the plugin's word for it, empty where it was not the plugin that answered."""

    def __init__(self, status: int, code: str = "") -> None:
        self.status, self.code = status, code if code in WORDS else ""
        super().__init__(f"WordPress {WORDS.get(self.code) or _outside(status)}", status in NO_ACCESS)


def code_of(document: Mapping[str, Any]) -> str:
    error = document.get("error")
    return error if isinstance(error, str) else ""


def _outside(status: int) -> str:
    if 300 <= status < 400:
        return f"sends us elsewhere ({status}): WORDPRESS_URL must be its final address"
    if status in (400, 404):
        return f"answered {status}: the plugin Samtykke is not active, or WORDPRESS_URL is not WordPress"
    if status in (401, 403):
        return f"answered {status}: something in front of it, like a firewall, keeps us out"
    return f"answered {status}, which we do not know"
