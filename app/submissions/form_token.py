"""The signed word a form carries: which version was shown, in which language, and when. It says nothing of the visitor.

A page may be cached for weeks, so an old token is worth less, and a form without one is still accepted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from secrets import token_urlsafe
from time import time
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

from app.crypto import keyring
from app.submissions.catalogue import Published
from app.submissions.spam import FRESH_AGE, MAX_AGE

MAX_LENGTH = 400


@dataclass(frozen=True, slots=True)
class Shown:
    """`age` in seconds, or why there is none: `missing`, `expired`, `forged`."""

    age: float | str
    version_id: int = 0
    lang: str = ""
    nonce: str = ""

    @property
    def render(self) -> str:
        """Did our own server hand out what the visitor filled in? `verified`, `late` (a cached page) or `absent`."""
        if isinstance(self.age, str):
            return "absent"
        return "verified" if self.age <= FRESH_AGE else "late"


def issue(form: Published, lang: str) -> str:
    """A token for this form as it is shown now."""
    word = {"f": form.form_id, "v": form.version_id, "l": lang, "t": int(time() * 1000), "n": token_urlsafe(12)}
    return str(_serializer().dumps(word))


def read(form: Published, token: str | None) -> Shown:
    """What the token says; never raises."""
    if not token:
        return Shown("missing")
    try:
        word = _serializer().loads(token) if len(token) <= MAX_LENGTH and token.isascii() else {}
    except BadSignature:
        return Shown("forged")
    return _shown(word) if word.get("f") == form.form_id else Shown("forged")


def _shown(word: Mapping[str, Any]) -> Shown:
    age = time() - word["t"] / 1000
    if age < 0:  # our own machines' clocks may differ a little
        age = 0.0
    return Shown(age if age <= MAX_AGE else "expired", word["v"], word["l"], word["n"])


def _serializer() -> URLSafeSerializer:
    # itsdangerous signs with the last key of a list and reads with all.
    return URLSafeSerializer(list(reversed(keyring().keys("form-token"))), salt="form-token")
