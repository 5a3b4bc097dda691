"""What carries the calls: one session, one key, no redirects, and answers that are believed only when they are whole.

Google's library would use httplib2, which serves one thread only, retries nothing, knows no `Retry-After`, and whose
errors repeat the address that was searched for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from httplib2 import Response
from requests.adapters import HTTPAdapter

from app.processors.base import Retry
from app.processors.google.key import Key
from app.processors.google.problem import Problem, reason

MOST_CONNECTIONS = 10
# https://developers.google.com/workspace/gmail/api/guides/handle-errors: these 403 are about speed, not rights.
TOO_FAST = {"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED"}


class Wire:
    """The part of httplib2 that Google's library calls."""

    def __init__(self, key: Key, session: requests.Session, timeout: tuple[float, float]) -> None:
        self._key, self._session, self._timeout = key, session, timeout

    def request(
        self, uri: str, method: str = "GET", body: Any = None, headers: Mapping[str, str] | None = None, **_: Any
    ) -> tuple[Response, bytes]:
        """Returns a good answer. Raises `Retry` or `Problem` for every other."""
        sent = {name: value for name, value in (headers or {}).items() if name.lower() != "content-length"}
        answer = self._send(method, uri, body, {**sent, "Authorization": self._key.header()})
        if answer.status_code == 401:
            answer = self._send(method, uri, body, {**sent, "Authorization": self._key.header(renew=True)})
        return _read(method, answer)

    def close(self) -> None:
        """Called by the library; the session lives on."""

    def _send(self, method: str, uri: str, body: Any, headers: Mapping[str, str]) -> requests.Response:
        try:
            return self._session.request(
                method, uri, data=body, headers=headers, timeout=self._timeout, allow_redirects=False
            )
        except requests.RequestException as error:
            # The library's text holds the URL, and a search has an address in it.
            raise Retry(f"Google did not answer: {type(error).__name__}") from None


def session() -> requests.Session:
    """One pool of connections, which keeps no cookies."""
    made = requests.Session()
    made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_maxsize=MOST_CONNECTIONS)
    made.mount("https://", adapter)
    made.mount("http://", adapter)
    return made


def _read(method: str, answer: requests.Response) -> tuple[Response, bytes]:
    status, document = answer.status_code, _json(answer)
    if 200 <= status < 300:
        if document is None and (answer.content or method == "GET"):
            raise Retry(f"Google answered {status} without JSON")
        # The library reads no body where there is none only when it is told so by the status.
        return Response({"status": str(status if answer.content else 204)}), answer.content
    said = reason(document)
    if status in (408, 429) or status >= 500 or (status == 403 and (said in TOO_FAST or document is None)):
        raise Retry(f"Google answered {status}", after(answer.headers.get("Retry-After", "")))
    raise Problem(status, said)


def _json(answer: requests.Response) -> Any:
    try:
        found = json.loads(answer.content)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def after(header: str) -> float | None:
    """Seconds to wait by a Retry-After header (RFC 9110 section 10.2.3): a number, or a date."""
    if header.isdecimal():
        return float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
