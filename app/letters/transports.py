"""How letters leave: into a folder, to a mail server, or through the company's mailbox at Gmail."""

from __future__ import annotations

import os
import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from app.config import TRUE, Misconfigured
from app.processors.base import Rejected, Retry

PATIENCE = 20  # seconds for each answer of the mail server
UNREADABLE = (
    "MAIL_URL cannot be read: it is smtp://USER:PASSWORD@HOST:PORT, with / # ? @ % in the password percent-encoded "
    "(%2F %23 %3F %40 %25), and only ASCII in it"
)
SUBMISSION = 587  # RFC 6409
SUBMISSIONS = 465  # RFC 8314


class Transport(Protocol):
    """Hands a letter over. Raises `Retry` or `Rejected`; neither repeats what the server said, nor any address."""

    def deliver(self, message: EmailMessage, number: int) -> None: ...

    def ping(self) -> str:
        """Try as far as is possible without sending; returns a line for `flask check`."""
        ...


def transport(url: str) -> Transport:
    """The transport that MAIL_URL names. Raises `Misconfigured`, which never repeats it, when it names none."""
    try:
        return _named(url)
    except ValueError:  # its words hold what stands where a port should, which may be half of a password
        raise Misconfigured(UNREADABLE) from None


def _named(url: str) -> Transport:
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path:
        return Folder(Path(unquote(parts.path)))
    if parts.scheme in ("smtp", "smtps") and parts.hostname:
        return Server.from_url(parts)
    if url == "gmail:":
        from app.letters.gmail_transport import Gmail

        return Gmail()
    raise Misconfigured("MAIL_URL must be file:DIRECTORY, smtp://HOST, smtps://HOST or gmail:")


def stream(url: str) -> str:
    """What the lanes of letters begin with: whatever leaves through a processor waits with everything else of it."""
    return "gmail:letter" if url == "gmail:" else "letter.send"


@dataclass(frozen=True)
class Folder:
    """A file a letter, whole or not there at all. Sent twice, it is the same file."""

    path: Path

    def deliver(self, message: EmailMessage, number: int) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        target = self.path / f"{number:012}.eml"
        draft = target.with_suffix(f".{os.getpid()}.tmp")
        with draft.open("wb") as file:
            file.write(message.as_bytes())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)

    def ping(self) -> str:
        nearest = next(path for path in (self.path, *self.path.parents) if path.exists())
        if not os.access(nearest, os.W_OK):
            raise Rejected(f"{self.path} cannot be written")
        return f"letters are only written to {self.path}: nobody receives them"


@dataclass(frozen=True)
class Server:
    """A mail server: `smtps://` has TLS from the start, `smtp://` STARTTLS where `?starttls=1` or the port is 587.

    Certificates are checked, and a password is never sent in clear, except to this machine.
    """

    host: str
    port: int
    user: str
    password: str
    tls: bool
    starttls: bool

    @classmethod
    def from_url(cls, parts: SplitResult) -> Server:
        """Raises `ValueError` where something stands in a place that is not its own."""
        _all_in_its_place(parts)
        tls = parts.scheme == "smtps"
        port = parts.port or (SUBMISSIONS if tls else SUBMISSION)
        wish = parse_qs(parts.query).get("starttls", ["1" if port == SUBMISSION else "0"])[-1]
        server = cls(
            host=parts.hostname or "",
            port=port,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            tls=tls,
            starttls=not tls and wish.lower() in TRUE,
        )
        if server.user and not (tls or server.starttls or server.host in ("127.0.0.1", "localhost", "::1")):
            raise Misconfigured("MAIL_URL would send its password in clear: use smtps:// or ?starttls=1")
        return server

    def deliver(self, message: EmailMessage, number: int) -> None:
        sender, recipient = message["From"].addresses[0].addr_spec, message["To"].addresses[0].addr_spec
        with _verdicts(), self._session() as session:
            session.sendmail(sender, [recipient], message.as_bytes())

    def ping(self) -> str:
        with _verdicts(), self._session():
            return f"{self.host} answers and lets us in"

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        session = self._connect()
        try:
            if self.starttls:
                session.starttls(context=ssl.create_default_context())
            if self.user:
                session.login(self.user, self.password)
            yield session
        finally:
            with suppress(smtplib.SMTPException, OSError):  # the letter is taken: how we part changes nothing
                session.quit()

    def _connect(self) -> smtplib.SMTP:
        if self.tls:
            return smtplib.SMTP_SSL(self.host, self.port, timeout=PATIENCE, context=ssl.create_default_context())
        return smtplib.SMTP(self.host, self.port, timeout=PATIENCE)


def _all_in_its_place(parts: SplitResult) -> None:
    """A password with / # ? ends the host too early: what comes before may then look like a host and its port."""
    if parts.path.strip("/") or parts.fragment or "@" in parts.query:
        raise ValueError("not a mail server")
    (parts.hostname or "").encode("idna")  # as the name will be looked up
    unquote(f"{parts.username}{parts.password}").encode("ascii")  # as smtplib will say them


@contextmanager
def _verdicts() -> Iterator[None]:
    """Turn what SMTP says into ours. 5xx about this letter is final; about us or the server, it is not."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        raise _refusal(code, text) from None
    except (smtplib.SMTPAuthenticationError, smtplib.SMTPConnectError, smtplib.SMTPHeloError) as error:
        raise Retry(f"The mail server does not let us in ({error.smtp_code}).") from None
    except smtplib.SMTPResponseException as error:
        raise _refusal(error.smtp_code, error.smtp_error) from None
    except (smtplib.SMTPException, OSError) as error:
        raise Retry(f"The mail server cannot be used ({type(error).__name__}).") from None


def _refusal(code: int, text: bytes | str) -> Retry | Rejected:
    words = text.decode("ascii", "replace") if isinstance(text, bytes) else text
    detail = re.match(r"[245]\.\d{1,3}\.\d{1,3}\b", words)  # RFC 3463; the words after it may name the person
    answer = f"The mail server answered {code}{' ' + detail[0] if detail else ''}."
    return Rejected(answer) if code >= 500 else Retry(answer)
