"""Mailchimp's settings, checked before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def read(config: Mapping[str, Any]) -> tuple[str, str, str]:
    """Base URL, key and audience. Raises `ValueError` naming the setting; the key is never in the text."""
    key, audience = str(config["MAILCHIMP_API_KEY"]), str(config.get("MAILCHIMP_AUDIENCE") or "")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", audience):
        raise ValueError("MAILCHIMP_AUDIENCE must be the id of an audience: letters and digits")
    return _base(config.get("MAILCHIMP_API_BASE") or "", key), key, audience


def _base(given: str, key: str) -> str:
    if not given:
        return f"https://{_data_centre(key)}.api.mailchimp.com"
    url = urlsplit(given)
    if not url.hostname or not (url.scheme == "https" or (url.scheme == "http" and url.hostname in LOOPBACK)):
        raise ValueError("MAILCHIMP_API_BASE must be an https URL, or http on this machine")
    return given.rstrip("/").removesuffix("/3.0")


def _data_centre(key: str) -> str:
    """A key ends in the data centre that it works at: `…-us21`."""
    match = re.fullmatch(r"[^-\s]+-([a-z]+\d+)", key)
    if not match:
        raise ValueError("MAILCHIMP_API_KEY must end in its data centre, like -us21")
    return match[1]
