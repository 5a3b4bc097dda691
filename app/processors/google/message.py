"""One message of a mailbox, read without trusting it. Pure: nothing here calls anybody."""

from __future__ import annotations

import binascii
import email
import email.header
import html
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import MessageError
from email.message import Message as Mail
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses
from typing import Any

from app.processors.base import Retry

MARK = "X-Samtykke"  # its value is the Message-ID we gave; Gmail may give another when it sends
OURS = "Samtykke"  # our labels are this one and those below it
WITH = ("From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Delivered-To", "X-Original-To")
MOST_PARTS = 500  # of one message: a thousand, one within the other, are more than Python's own parser can take
NAMES = ("Message-ID", "X-Google-Original-Message-ID", MARK)


@dataclass(frozen=True)
class Message:
    """A message as Gmail keeps it: `labels` are ids, `at` is when Google took it in."""

    id: str
    labels: frozenset[str]
    at: datetime
    mail: Mail

    @property
    def trashed(self) -> bool:
        return "TRASH" in self.labels

    def ours(self, labels: frozenset[str]) -> bool:
        """Did we put it there? Anybody can write the header, and staff can set the label: it takes both."""
        return MARK in self.mail and bool(self.labels & (labels | {"SENT"}))

    def parties(self) -> set[str]:
        """Every address in its headers, in lower case."""
        found = getaddresses([str(value) for name in WITH for value in self.mail.get_all(name, [])])
        return {address.lower() for _, address in found if address}

    def mentions(self, address: str) -> bool:
        """Does it name this address, in its headers or its text? `kari@x.no` is not named by `anne.kari@x.no`."""
        wanted = _alone(address)
        shown = (header(self.mail, name).lower() for name in ("Subject", *WITH))
        return any(wanted.search(text) for text in (*self.parties(), *shown, *texts(self.mail)))

    def unreadable(self) -> bool:
        """Has it a part that only Google's search has looked into, such as a PDF?"""
        parts = (part for part in self.mail.walk() if not part.is_multipart())
        return any(part.get_content_maintype() != "text" for part in parts)


def read(answer: dict[str, Any]) -> Message:
    """A message of `format=raw`. Raises `Retry` where the answer is not whole."""
    try:
        raw = urlsafe_b64decode(answer["raw"] + "==")
        at = datetime.fromtimestamp(int(answer["internalDate"]) / 1000, UTC)
        labels = frozenset(answer.get("labelIds", []))
        return Message(str(answer["id"]), labels, at, _parsed(raw))
    except (KeyError, TypeError, ValueError, binascii.Error):
        raise Retry("Google answered without the message") from None


def _parsed(raw: bytes) -> Mail:
    """Of a message with hundreds of parts within parts, which nobody sends who means well, the headers alone."""
    try:
        mail = email.message_from_bytes(raw, policy=compat32)
        if sum(1 for _ in mail.walk()) <= MOST_PARTS:
            return mail
    except RecursionError:
        pass
    return BytesHeaderParser(policy=compat32).parsebytes(raw)


def raw(mail: Mail) -> str:
    """The message as Gmail takes it."""
    return urlsafe_b64encode(mail.as_bytes()).decode()


def texts(mail: Mail) -> Iterator[str]:
    """All its text in lower case, HTML as it is read."""
    for part in mail.walk():
        if part.get_content_maintype() == "text":
            text = content(part)
            yield (_shown(text) if part.get_content_subtype() == "html" else text).lower()


def content(part: Mail) -> str:
    """The text of one part. What its character set cannot spell is replaced."""
    payload = part.get_payload(decode=True)
    octets = payload if isinstance(payload, bytes) else b""
    try:
        return octets.decode(part.get_content_charset() or "utf-8", "replace")
    except (LookupError, ValueError):  # not every codec can replace; a name may even hold a NUL
        return octets.decode("utf-8", "replace")


def header(mail: Mail, name: str) -> str:
    """A header in words, its encoded words decoded (RFC 2047); empty where it is not there."""
    value = str(mail.get(name, ""))
    try:
        return str(email.header.make_header(email.header.decode_header(value)))
    except (ValueError, LookupError, MessageError):  # base64 that was cut raises an error of the library's own
        return value


def spellings(address: str) -> list[str]:
    """The address, and with a domain in letters like å as people see it (RFC 5891)."""
    local, _, domain = address.lower().rpartition("@")
    try:
        seen = domain.encode("ascii").decode("idna")
    except UnicodeError:
        seen = domain
    return sorted({f"{local}@{domain}", f"{local}@{seen}"})


def _alone(address: str) -> re.Pattern[str]:
    either = "|".join(map(re.escape, spellings(address)))
    # An apostrophe belongs to `o'kari@…`; Outlook puts 'kari@…' between two of them.
    return re.compile(rf"(?<![\w.+%-])(?<!\w')(?:{either})(?![\w-]|\.\w)")


def _shown(text: str) -> str:
    """HTML as it is read. An address in `mailto:` counts, so tags are opened and not thrown away."""
    return html.unescape(re.sub(r"[<>\"=:]", " ", text))
