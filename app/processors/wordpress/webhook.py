"""Calls that the plugin makes to us, as its readme describes them under "For developers"."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

from app.processors.wordpress.settings import SHORTEST

TOLERANCE = 300  # seconds that the clocks may differ, in both directions
HEADERS = ("X-Samtykke-Key", "X-Samtykke-At", "X-Samtykke-Nonce", "X-Samtykke-Signature")


def keys(config: Mapping[str, Any]) -> dict[str, str]:
    """Live keys, secret by id: today's, and the old one while both sides are being changed."""
    pairs = [("WORDPRESS_KEY_ID", "WORDPRESS_SECRET"), ("WORDPRESS_KEY_ID_OLD", "WORDPRESS_SECRET_OLD")]
    found = {str(config.get(id) or ""): str(config.get(secret) or "") for id, secret in reversed(pairs)}
    return {id: secret for id, secret in found.items() if id and len(secret) >= SHORTEST}


def verify(live: Mapping[str, str], headers: Mapping[str, str], path: str, raw: bytes, moment: float) -> str:
    """The nonce of a call that was signed with a live key at this time; empty otherwise.

    The caller takes each nonce once. `moment` is in Unix seconds, `raw` the body as it came.
    """
    key, at, nonce, given = (headers.get(name) or "" for name in HEADERS)
    if not (key in live and re.fullmatch(r"[0-9]{1,12}", at) and re.fullmatch(r"[A-Za-z0-9_-]{16,64}", nonce)):
        return ""
    lines = ["POST", path, at, nonce, hashlib.sha256(raw).hexdigest()]
    expected = hmac.new(live[key].encode(), "\n".join(lines).encode(), hashlib.sha256).hexdigest()
    genuine = hmac.compare_digest(expected.encode(), given.encode())
    return nonce if genuine and abs(int(at) - moment) <= TOLERANCE else ""


def parse(raw: bytes) -> dict[str, Any]:
    """What the call says. Raises `ValueError` for what is no JSON object."""
    try:
        said = json.loads(raw)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(said, dict):
        raise ValueError("not an object")
    return said
