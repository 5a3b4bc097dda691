"""The vendor's library with its traps closed. Nothing else of ours imports it.

`stripe` 16.1.0 by itself sleeps and tries again inside a call, follows redirects, writes every URL to a log (a search
has an address in its URL), puts whole bodies into the texts of its exceptions, and sends the name of this machine's
system along. Here it builds and signs requests; what goes over the wire, and what an answer means, is ours.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import quote

import requests
import stripe
from requests.adapters import HTTPAdapter

from app.processors.base import Crowded, Pace, Retry
from app.processors.stripe.problem import Problem
from app.processors.stripe.settings import Settings

Data = dict[str, Any]
VERSION = "2026-10-28.endive"  # https://docs.stripe.com/api/versioning: answers keep this shape until we change it
PREVIEW = "2026-06-24.preview"  # redaction jobs are a public preview, https://docs.stripe.com/privacy/redaction
PAGE = 100  # the most Stripe gives at once
MOST_CONNECTIONS = 8  # Stripe allows 25 calls a second in a sandbox

stripe.enable_telemetry = False
logging.getLogger("stripe").setLevel(logging.CRITICAL)
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)  # DEBUG is every URL


class Client:
    """Plain reads and writes of one account. Calls raise `Retry` or `Problem`, and return what the JSON says."""

    def __init__(self, settings: Settings, pace: Pace | None = None) -> None:
        self._stripe = stripe.StripeClient(
            settings.key,
            stripe_version=VERSION,
            base_addresses={"api": settings.base},
            max_network_retries=0,
            http_client=Wire(settings.timeout, pace or Pace()),
        )

    def get(self, path: str, **params: Any) -> Data:
        return self._call("get", path, params)

    def post(self, path: str, **params: Any) -> Data:
        return self._call("post", path, params)

    def delete(self, path: str) -> Data:
        return self._call("delete", path, {})

    def pages(self, path: str, **params: Any) -> Iterator[Data]:
        """Every object of a list. Raises `Retry` where a page is not a list."""
        after: Data = {}
        while True:
            page = self.get(path, limit=PAGE, **params, **after)
            rows = page.get("data")
            if not isinstance(rows, list):
                raise Retry("Stripe answered without a list")
            yield from rows
            if not (page.get("has_more") and rows):
                return
            after = {"starting_after": rows[-1]["id"]}

    def search(self, path: str, query: str) -> Iterator[Data]:
        """Every hit. The index lags behind the truth by a minute, on a bad day by an hour."""
        after: Data = {}
        while True:
            page = self.get(path, limit=PAGE, query=query, **after)
            yield from page.get("data") or []
            if not (page.get("has_more") and page.get("next_page")):
                return
            after = {"page": page["next_page"]}

    def _call(self, method: str, path: str, params: Mapping[str, Any]) -> Data:
        answer = self._stripe.raw_request(method, path, **params)
        data: Data = dict(answer.data)
        return data


class Wire(stripe.HTTPClient):
    """What carries the calls. Answers that are not plainly good never reach the library."""

    name = "requests"

    def __init__(self, timeout: tuple[float, float], pace: Pace) -> None:
        super().__init__()
        self._timeout, self._pace = timeout, pace
        self._turn = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self._session = _session()

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_: Any
    ) -> tuple[str, int, Mapping[str, str]]:
        with self._place(), self._pace.turn():
            response = self._send(method, url, headers, post_data)
        _check(response)
        return response.text, response.status_code, response.headers

    def _send(self, method: str, url: str, headers: Mapping[str, str] | None, data: Any) -> requests.Response:
        try:
            return self._session.request(
                method, url, headers=headers, data=data, timeout=self._timeout, allow_redirects=False
            )
        except requests.RequestException as error:
            # The library's text holds the URL, and a search has an address in it.
            raise Retry(f"Stripe did not answer: {type(error).__name__}") from None

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=sum(self._timeout)):
            raise Crowded("Stripe is busy with calls of ours")
        try:
            yield
        finally:
            self._turn.release()


def path(template: str, *ids: str) -> str:
    """A path with ids in it, each made harmless."""
    return template.format(*(quote(id, safe="") for id in ids))


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # a .netrc would replace our key
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_maxsize=MOST_CONNECTIONS)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _check(response: requests.Response) -> None:
    data, status = _json(response), response.status_code
    if 200 <= status < 300:
        if "object" not in data:
            raise Retry(f"Stripe answered {status} without an object")
        return
    error = data.get("error")
    told = error if isinstance(error, dict) else {}
    code = str(told.get("code") or told.get("type") or "")
    if status in (408, 409, 429) or status >= 500 or code in ("rate_limit", "lock_timeout"):
        raise Retry(f"Stripe answered {status}", _after(response.headers.get("Retry-After", "")))
    raise Problem(status, code, str(told.get("param") or ""), str(told.get("message") or ""))


def _json(response: requests.Response) -> Data:
    try:
        data = json.loads(response.content)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _after(header: str) -> float | None:
    """Seconds to wait by a Retry-After header (RFC 9110 section 10.2.3): a number, or a date."""
    if header.isascii() and header.isdecimal():
        return float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
