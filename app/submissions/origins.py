"""Which pages may post to a form, told by the headers that browsers set and pages cannot (Fetch standard, RFC 6454).

This keeps other people's websites from using a form. It is no proof of who sends: a program writes any header.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from app.submissions.redirects import normal_origin

ALLOWED_HEADERS = "content-type, idempotency-key"


@lru_cache(1000)
def listed(*pages: str) -> frozenset[str]:
    """The origins of these pages: the form's site, and our own hosted page."""
    return frozenset(origin for page in pages if (origin := normal_origin(page.rstrip("/"))))


def welcome(origin: str | None, fetch_site: str | None, allowed: frozenset[str]) -> bool:
    """May this be taken in? No header at all means that it is no browser, or an old one."""
    if origin is not None:
        return origin in allowed or normal_origin(origin) in allowed
    return fetch_site is None or fetch_site == "same-origin"


def cors(origin: str, allowed: frozenset[str], preflight: bool = False) -> Mapping[str, str]:
    """Headers that let a script on a listed page read the answer. Never a cookie, never a wildcard."""
    if origin not in allowed and normal_origin(origin) not in allowed:
        return {}
    headers = {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": "Retry-After"}
    if preflight:
        headers["Access-Control-Allow-Methods"] = "POST, GET"
        headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
        headers["Access-Control-Max-Age"] = "600"
    return headers
