"""WordPress's settings, checked before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from app.processors import bookkeeping
from app.processors.bookkeeping import YEAR, Fiscal

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
SHORTEST = 32  # characters of a secret; the plugin takes no shorter one
AJAX = "/wp-admin/admin-ajax.php"


@dataclass(frozen=True)
class Settings:
    """`url` is where WordPress is installed, `user` its login name, `fiscal_end` how long orders are kept."""

    url: str
    key: str
    secret: str = field(repr=False)
    user: str
    fiscal_end: Fiscal = YEAR
    timeout: tuple[float, float] = (5.0, 35.0)  # seconds: to connect, to read; PHP gives a page 30 as a rule


def read(config: Mapping[str, Any]) -> Settings:
    """Raises `ValueError` naming the setting; the secret is never in the text."""
    names = ("WORDPRESS_KEY_ID", "WORDPRESS_SECRET", "WORDPRESS_USER")
    key, secret, user = (str(config.get(name) or "") for name in names)
    if not re.fullmatch(r"[a-z0-9_-]+", key):
        raise ValueError("WORDPRESS_KEY_ID must be the id of a key: small letters and digits")
    if len(secret) < SHORTEST:
        raise ValueError(f"WORDPRESS_SECRET must have at least {SHORTEST} characters")
    if not user:
        raise ValueError("WORDPRESS_USER must be the login name of the service user in WordPress")
    return Settings(_url(str(config["WORDPRESS_URL"])), key, secret, user, bookkeeping.read(config))


def _url(given: str) -> str:
    url = urlsplit(given)
    if not url.hostname or not (url.scheme == "https" or (url.scheme == "http" and url.hostname in LOOPBACK)):
        raise ValueError("WORDPRESS_URL must be an https URL, or http on this machine")
    return given.rstrip("/").removesuffix(AJAX).removesuffix("/wp-admin")
