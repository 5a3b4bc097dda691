"""Refuses requests for a host that is not ours, before anything is read, looked up or built from that name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Flask
from werkzeug.exceptions import SecurityError
from werkzeug.sansio.utils import get_host


def init_app(app: Flask) -> None:
    app.wsgi_app = Gate(app.wsgi_app, app.config["OUR_HOSTS"])  # type: ignore[method-assign]


class Gate:
    """Lets through what names one of our hosts. The rest gets a line of text: no page of ours may carry that name."""

    def __init__(self, inner: Any, hosts: list[str]) -> None:
        self._inner, self._hosts = inner, hosts

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        try:
            get_host(environ["wsgi.url_scheme"], environ.get("HTTP_HOST"), None, self._hosts)
        except SecurityError:
            start_response("400 Bad Request", [("Content-Type", "text/plain")])
            return [b"Unknown host.\n"]
        answer: Iterable[bytes] = self._inner(environ, start_response)
        return answer
