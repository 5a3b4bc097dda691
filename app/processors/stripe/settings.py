"""Stripe's settings, checked before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from app.processors import bookkeeping
from app.processors.bookkeeping import YEAR, Fiscal

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
API = "https://api.stripe.com"


@dataclass(frozen=True)
class Settings:
    """`fiscal_end` says when the company's accounting year ends, and for how long its documents are kept."""

    base: str
    key: str
    fiscal_end: Fiscal = YEAR
    timeout: tuple[float, float] = (5.0, 60.0)  # seconds: to connect, to read

    @property
    def live(self) -> bool:
        """Is real money behind this key?"""
        return "_live_" in self.key


def read(config: Mapping[str, Any]) -> Settings:
    """Raises `ValueError` naming the setting; the key is never in the text."""
    key = str(config["STRIPE_API_KEY"])
    if not re.fullmatch(r"(sk|rk)_[A-Za-z0-9_]+", key):
        raise ValueError("STRIPE_API_KEY must be a secret key (sk_…) or a restricted key (rk_…), not a publishable one")
    return Settings(_base(str(config.get("STRIPE_API_BASE") or API)), key, bookkeeping.read(config))


def _base(given: str) -> str:
    url = urlsplit(given)
    if not url.hostname or not (url.scheme == "https" or (url.scheme == "http" and url.hostname in LOOPBACK)):
        raise ValueError("STRIPE_API_BASE must be an https URL, or http on this machine")
    return given.rstrip("/").removesuffix("/v1")
