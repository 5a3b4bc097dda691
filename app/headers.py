"""Headers that every answer carries, unless its view has set its own. Put on at the very edge: each costs nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Flask

PAGE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
}
STRICT = ("Strict-Transport-Security", "max-age=63072000; includeSubDomains")


def init_app(app: Flask) -> None:
    app.wsgi_app = Secured(app.wsgi_app)  # type: ignore[method-assign]


class Secured:
    """Adds what is missing to the headers of an answer, errors included."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._usual = [(name, name.lower(), value) for name, value in PAGE.items()]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        def start(status: str, given: list[tuple[str, str]], error: Any = None) -> Any:
            return start_response(status, self._complete(given, environ["wsgi.url_scheme"]), error)

        answer: Iterable[bytes] = self._inner(environ, start)
        return answer

    def _complete(self, given: list[tuple[str, str]], scheme: str) -> list[tuple[str, str]]:
        there = {name.lower() for name, _ in given}
        added = [(name, value) for name, low, value in self._usual if low not in there]
        strict = [STRICT] if scheme == "https" and STRICT[0].lower() not in there else []
        return [*given, *added, *strict]
