"""The vendor's library with its traps closed. Nothing else of ours imports it.

`mailchimp-marketing` 3.0.80 as published counts an answer without a body as success whatever its status, rewrites the
word "server" anywhere in a URL, spells booleans `True`, sends `null` where no body belongs, leaves `/` in a path alone,
waits 120 seconds and opens a connection for every call. What is left of it here is the map from names to paths.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import requests
from mailchimp_marketing.api.lists_api import ListsApi
from mailchimp_marketing.api.search_members_api import SearchMembersApi
from mailchimp_marketing.api_client import ApiClient
from requests.adapters import HTTPAdapter

from app.processors.base import Crowded, Pace, Retry
from app.processors.mailchimp.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

# https://mailchimp.com/developer/marketing/docs/fundamentals/#throttling: ten at once for each user.
MOST_CONNECTIONS = 10
TIMEOUT = (5.0, 30.0)  # seconds: to connect, to read


class Client:
    """Lists and search of one account, through one session. Calls raise `Retry` or `Problem`, and return data."""

    def __init__(self, base: str, key: str, timeout: tuple[float, float] = TIMEOUT, pace: Pace | None = None) -> None:
        wire = Wire(base, key, timeout, pace or Pace())
        self.lists = ListsApi(wire)
        self.search = SearchMembersApi(wire)


class Wire(ApiClient):  # type: ignore[misc]
    """What carries the calls."""

    def __init__(self, base: str, key: str, timeout: tuple[float, float], pace: Pace) -> None:
        super().__init__({"api_key": key, "timeout": timeout})
        self.host = f"{base.rstrip('/')}/3.0"
        self._turn = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self._session = _session(key)
        self._pace = pace

    def call_api(
        self,
        resource_path: str,
        method: str,
        path_params: Mapping[str, Any] | None = None,
        query_params: Any = None,
        header_params: Mapping[str, str] | None = None,
        body: Any = None,
        collection_formats: Any = None,
        **_: Any,
    ) -> Any:
        """Called by the library's every method. Returns what the JSON says, `{}` where there was none."""
        path = resource_path
        for name, value in (path_params or {}).items():
            path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
        query = [(n, _spelt(v)) for n, v in self.parameters_to_tuples(query_params or [], collection_formats)]
        with self._place(), self._pace.turn():
            return _read(self._send(method, self.host + path, query, body))

    def _send(self, method: str, url: str, query: list[tuple[str, Any]], body: Any) -> requests.Response:
        data = None if body is None else json.dumps(body)
        headers = {} if body is None else {"Content-Type": "application/json"}
        try:
            return self._session.request(
                method, url, params=query, data=data, headers=headers, timeout=self.timeout, allow_redirects=False
            )
        except requests.RequestException as error:
            # The library's text holds the URL, and a search has an address in it.
            raise Retry(f"Mailchimp did not answer: {type(error).__name__}") from None

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=sum(self.timeout)):
            raise Crowded("Mailchimp is busy with ten calls of ours")
        try:
            yield
        finally:
            self._turn.release()


def _session(key: str) -> requests.Session:
    session = requests.Session()
    session.auth = ("user", key)
    session.headers["User-Agent"] = "Samtykke"
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_maxsize=MOST_CONNECTIONS)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _read(response: requests.Response) -> Any:
    data = _json(response)
    if response.ok and response.status_code < 300:
        if data is None and response.content:
            raise Retry(f"Mailchimp answered {response.status_code} without JSON")
        return data or {}
    # A 403 without a problem document comes from the throttle before the API, not from the API.
    if response.status_code in (408, 429) or response.status_code >= 500 or (response.status_code == 403 and not data):
        raise Retry(f"Mailchimp answered {response.status_code}", _after(response.headers.get("Retry-After", "")))
    document = data if isinstance(data, dict) else {}
    raise Problem(response.status_code, str(document.get("title", "")), _fields(document))


def _json(response: requests.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _fields(document: Mapping[str, Any]) -> str:
    """The names of the fields that Mailchimp refused. Its messages may repeat their values."""
    errors = document.get("errors")
    names = [str(e.get("field", "")) for e in errors if isinstance(e, dict)] if isinstance(errors, list) else []
    return f"({', '.join(sorted(filter(None, names)))})" if any(names) else ""


def _after(header: str) -> float | None:
    """Seconds to wait by a Retry-After header (RFC 9110 section 10.2.3): a number, or a date."""
    if header.isdecimal():
        return float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None


def _spelt(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
