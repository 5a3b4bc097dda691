"""What all stand-ins that speak HTTP share: read a request, have it answered, send the answer or hang up."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import Any, Protocol


class Answer(Protocol):
    """One answer as it leaves; `cut` closes the connection instead."""

    status: int
    raw: bytes
    headers: dict[str, str]
    cut: bool


class Asked:
    """One request as it arrived."""

    def __init__(self, method: str, path: str, headers: Mapping[str, str], raw: bytes) -> None:
        self.method, self.path, self.headers, self.raw = method, path, headers, raw


class Listening(BaseHTTPRequestHandler):
    """Any method. A stand-in says in `respond` how it answers."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def respond(self, asked: Asked) -> Any:
        raise NotImplementedError

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = self.respond(Asked(self.command, self.path, self.headers, raw))
        if answer.cut:
            self.close_connection = True
            return
        with suppress(BrokenPipeError):  # whoever asked did not wait
            self._send(answer)

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        length = {} if answer.status == 204 else {"Content-Length": str(len(answer.raw))}
        for name, value in {**answer.headers, **length}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.raw)

    def log_message(self, *_: object) -> None:
        pass
