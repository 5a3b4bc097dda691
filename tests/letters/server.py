"""A mail server that takes letters, and says what a test wants it to say."""

from __future__ import annotations

import ssl
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from tests.support.processes import free_port


class MailServer:
    """Keeps what it accepted in `letters`. `says` maps a recipient, or "DATA", to another answer than 250."""

    def __init__(self, tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None, **smtp: Any) -> None:
        self.letters: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.logins: list[tuple[str, str]] = []
        self.says: dict[str, str] = {}
        self.port = free_port()
        self.url = ""
        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            ssl_context=tls,
            tls_context=starttls,
            authenticator=self._authenticate,
            **smtp,
        )
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()

    def _authenticate(self, _server, _session, _envelope, _mechanism, data: LoginPassword) -> AuthResult:
        login = (data.login.decode(), data.password.decode())
        self.logins.append(login)
        return AuthResult(success=login == ("fjordlys@example.no", "p@ss/word"), handled=False)

    async def handle_RCPT(self, _server, _session, envelope, address, _options) -> str:
        if address not in self.says:
            envelope.rcpt_tos.append(address)
        return self.says.get(address, "250 OK")

    async def handle_DATA(self, _server, _session, envelope) -> str:
        if "DATA" not in self.says:
            self.envelopes.append(envelope)
            self.letters.append(message_from_bytes(envelope.content, policy=default))
        return self.says.get("DATA", "250 OK")
