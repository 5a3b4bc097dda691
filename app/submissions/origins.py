"""Which pages may post to a form, told by the headers that browsers set and pages cannot (Fetch standard, RFC 6454).

This keeps other people's websites from using a form. It is no proof of who sends: a program writes any header.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.submissions.catalogue import Published
from app.submissions.redirects import normal_origin

ALLOWED_HEADERS = "content-type, idempotency-key"


def listed(form: Published, own: set[str]) -> set[str]:
    """Origins a form may be posted from: its site, and our own hosted page."""
    return {form.site.origin} | own


def welcome(origin: str | None, fetch_site: str | None, allowed: set[str]) -> bool:
    """May this be taken in? No header at all means that it is no browser, or an old one."""
    if origin is not None:
        return normal_origin(origin) in allowed
    return fetch_site is None or fetch_site == "same-origin"


def cors(origin: str | None, allowed: set[str], preflight: bool = False) -> Mapping[str, str]:
    """Headers that let a script on a listed page read the answer. Never a cookie, never a wildcard."""
    if origin is None or normal_origin(origin) not in allowed:
        return {}
    headers = {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": "Retry-After"}
    if preflight:
        headers["Access-Control-Allow-Methods"] = "POST, GET"
        headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
        headers["Access-Control-Max-Age"] = "600"
    return headers
