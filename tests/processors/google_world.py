"""A Google under test: a service account's key, the settings that reach the stand-in, and one that is checked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from app.processors.google.auth import CONTACTS, FULL, MEMBERS, MODIFY, OTHERS
from app.processors.google.limit import Limit
from app.processors.google.settings import Settings
from tests.support.google_server import Answer, GoogleServer

LEAST = {scope.url for scope in (MODIFY, CONTACTS, OTHERS, MEMBERS)}
ADMIN = "admin@fjordlys.no"
FAST = (2.0, 2.0)
NO_LIMIT = Limit(1e6, 1e6, at_once=50)
ALL = FULL.url


@cache
def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # a longer one takes longer to check
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption()).decode()


def service_account(url: str, **changes: Any) -> str:
    """The JSON of a service account whose tokens come from `url`."""
    values = {
        "type": "service_account",
        "client_email": "samtykke@project.iam.gserviceaccount.com",
        "private_key": private_key(),
        "token_uri": f"{url}/token",
    }
    return json.dumps({**values, **changes})


def settings(server: GoogleServer, timeout: tuple[float, float] = FAST, **changes: Any) -> Settings:
    given = {"credentials": service_account(server.url), "subject": ADMIN, "base": server.url, "timeout": timeout}
    return Settings(**{**given, **changes})


@contextmanager
def google(upstream: str = "") -> Iterator[GoogleServer]:
    """A stand-in with the least scopes delegated. A test that breaks Google's description of itself fails here."""
    with GoogleServer(upstream) as server:
        server.delegated = set(LEAST)
        yield server
    assert server.violations == []


def refused(status: int, reason: str = "", **headers: str) -> Answer:
    """A refusal as Google words it, with somebody's address in it."""
    error = {"code": status, "message": "kari@example.no", "errors": [{"reason": reason, "message": "kari@example.no"}]}
    return Answer(status, json.dumps({"error": error}).encode(), {"Content-Type": "application/json", **headers})


def answered(document: dict[str, Any], delay: float = 0.0) -> Answer:
    return Answer(200, json.dumps(document).encode(), {"Content-Type": "application/json"}, delay=delay)


# What goes wrong on the way, and is worth another try.
TROUBLE = {
    "429": Answer(429, b"", {"Retry-After": "7"}),
    "429 with a body": refused(429, "rateLimitExceeded", **{"Retry-After": "7"}),
    "403 too fast": refused(403, "userRateLimitExceeded"),
    "403 too fast for all": refused(403, "rateLimitExceeded"),
    "403 without a body": Answer(403),
    "500": Answer(500),
    "503 with a body": refused(503, "backendError"),
    "503 page": Answer(503, b"<html>kari@example.no</html>"),
    "half an answer": Answer(200, b'{"kind": "adm', {"Content-Type": "application/json"}),
    "empty answer": Answer(200),
    "list for an object": Answer(200, b"[]"),
    "cut": Answer(200, cut=True),
}
