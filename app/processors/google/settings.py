"""Google's settings, checked before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from app.processors.google.auth import LOOPBACK, Source, identity


@dataclass(frozen=True)
class Settings:
    """`credentials` is JSON or a file's name; `source` keeps the permission of a click, where one is used.

    `base` is empty for Google itself. `subject` is the user of the domain for whom a service account acts.
    """

    credentials: str = field(repr=False)
    subject: str = ""
    base: str = ""
    source: Source | None = None
    timeout: tuple[float, float] = (5.0, 60.0)  # seconds: to connect, to read


def read(config: Mapping[str, Any]) -> Settings:
    """What the three processors share. Raises `ValueError` naming the setting; no secret is in the text."""
    credentials = str(config.get("GOOGLE_CREDENTIALS") or "")
    if not credentials:
        raise ValueError("GOOGLE_CREDENTIALS must be a key of Google's, or the name of a file with one")
    if credentials.lstrip().startswith("{"):
        identity(credentials)
    subject = str(config.get("GOOGLE_SUBJECT") or "")
    if subject and not addressed(subject):
        raise ValueError("GOOGLE_SUBJECT must be the address of a user of the domain")
    return Settings(credentials, subject, _base(str(config.get("GOOGLE_API_BASE") or "")), config.get("GOOGLE_SOURCE"))


def mailboxes(config: Mapping[str, Any]) -> list[str]:
    """GMAIL_MAILBOX: one address or several, separated by commas. Copies go to the first."""
    named = _listed(config, "GMAIL_MAILBOX")
    if not named or not all(map(addressed, named)):
        raise ValueError("GMAIL_MAILBOX must be one address, or several separated by commas")
    return named


def groups(config: Mapping[str, Any]) -> list[tuple[str, str]]:
    """GOOGLE_GROUPS as pairs of purpose and address; the purpose is empty for a group of everybody on any list."""
    pairs = [(purpose.strip(), address.strip()) for purpose, address in map(_pair, _listed(config, "GOOGLE_GROUPS"))]
    if not pairs or not all(addressed(address) for _, address in pairs):
        raise ValueError("GOOGLE_GROUPS must be addresses of groups, or purpose=address, separated by commas")
    return pairs


def addressed(text: str) -> bool:
    return bool(re.fullmatch(r"[^@\s/?#]+@[^@\s/?#]+\.[^@\s/?#]+", text))


def _listed(config: Mapping[str, Any], name: str) -> list[str]:
    return [part.strip() for part in str(config.get(name) or "").split(",") if part.strip()]


def _pair(text: str) -> tuple[str, str]:
    purpose, equals, address = text.partition("=")
    return (purpose, address) if equals else ("", text)


def _base(given: str) -> str:
    url = urlsplit(given)
    if given and (
        not url.hostname or not (url.scheme == "https" or (url.scheme == "http" and url.hostname in LOOPBACK))
    ):
        raise ValueError("GOOGLE_API_BASE must be an https URL, or http on this machine")
    return given.rstrip("/")
