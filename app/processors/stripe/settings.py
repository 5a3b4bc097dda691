"""Stripe's settings, checked before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlsplit

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
API = "https://api.stripe.com"


@dataclass(frozen=True)
class Settings:
    """`fiscal_end` is month and day on which the company's accounting year ends."""

    base: str
    key: str
    fiscal_end: tuple[int, int] = (12, 31)
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
    return Settings(
        _base(str(config.get("STRIPE_API_BASE") or API)), key, _year_end(config.get("FISCAL_YEAR_END") or "12-31")
    )


def _base(given: str) -> str:
    url = urlsplit(given)
    if not url.hostname or not (url.scheme == "https" or (url.scheme == "http" and url.hostname in LOOPBACK)):
        raise ValueError("STRIPE_API_BASE must be an https URL, or http on this machine")
    return given.rstrip("/").removesuffix("/v1")


def _year_end(text: str) -> tuple[int, int]:
    try:
        end = date.fromisoformat(f"2024-{text}")  # a leap year, so that 02-29 is a day
    except ValueError:
        raise ValueError("FISCAL_YEAR_END must be month and day, like 12-31") from None
    return end.month, end.day
