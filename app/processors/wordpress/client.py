"""Signed calls to the plugin in WordPress.

They go to admin-ajax.php, for only there are the privacy hooks of all plugins registered. Everything is in the body:
addresses of pages end up in logs, and hosts strip headers. Answers are signed too and bound to the call's nonce, so
that no cache, maintenance page or firewall can be taken for one.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from secrets import token_urlsafe
from typing import Any

import requests

from app.processors.base import Pace, Retry
from app.processors.wordpress.problem import Problem, code_of
from app.processors.wordpress.settings import AJAX, Settings

Data = dict[str, Any]


class Client:
    """Calls raise `Retry` or `Problem`, and return what the plugin said."""

    def __init__(self, settings: Settings, pace: Pace | None = None) -> None:
        self._settings = settings
        self._pace = pace or Pace()
        self._session = requests.Session()
        self._session.headers["User-Agent"] = "Samtykke"
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def call(self, verb: str, **says: Any) -> Data:
        """One call of one of the plugin's actions, as the service user."""
        action, nonce = f"samtykke_{verb}", token_urlsafe(24)
        body = json.dumps({"user": self._settings.user, **says})
        with self._pace.turn():
            return self._read(self._send(action, nonce, body), action, nonce)

    def _send(self, action: str, nonce: str, body: str) -> requests.Response:
        at = str(int(time.time()))
        fields = {"action": action, "key": self._settings.key, "at": at, "nonce": nonce, "body": body}
        fields["signature"] = self._sign("POST", action, at, nonce, _digest(body))
        try:
            return self._session.post(
                self._settings.url + AJAX, data=fields, timeout=self._settings.timeout, allow_redirects=False
            )
        except requests.RequestException as error:
            raise Retry(f"WordPress did not answer: {type(error).__name__}") from None

    def _read(self, response: requests.Response, action: str, nonce: str) -> Data:
        status, document = response.status_code, _document(response.content)
        said = self._proven(document, action, nonce)
        if said is not None and status == 200:
            return said
        if status in (408, 409, 429) or status >= 500:
            raise Retry(f"WordPress answered {status}", _after(response.headers.get("Retry-After", "")))
        if status < 300:
            raise Retry(f"WordPress answered {status} without the plugin's signature")
        raise Problem(status, code_of(document if said is None else said))

    def _proven(self, document: Data, action: str, nonce: str) -> Data | None:
        """What the plugin said, if it was the plugin: its answer is signed for this very call."""
        text, given = document.get("answer"), document.get("signature")
        if not isinstance(text, str) or not isinstance(given, str):
            return None
        expected = self._sign("ANSWER", action, nonce, _digest(text))
        if not hmac.compare_digest(expected.encode(), given.encode()):
            return None
        said = json.loads(text)
        return said if isinstance(said, dict) else {}

    def _sign(self, *lines: str) -> str:
        return hmac.new(self._settings.secret.encode(), "\n".join(lines).encode(), hashlib.sha256).hexdigest()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _document(content: bytes) -> Data:
    """The first JSON object in an answer: careless plugins print blank lines or a byte order mark before it."""
    text = content.decode("utf-8", "replace")
    start = text.find("{")
    try:
        found, _ = json.JSONDecoder().raw_decode(text, max(start, 0))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _after(header: str) -> float | None:
    """Seconds to wait by a Retry-After header (RFC 9110 section 10.2.3): a number, or a date."""
    if header.isdecimal():
        return float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
