"""Headers that stay one header each, whatever somebody wrote."""

from __future__ import annotations

import email.policy
import unicodedata
from email import message_from_bytes
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.utils import getaddresses
from typing import Any, ClassVar

import idna
from email_validator import EmailNotValidError, validate_email

LONGEST = 150  # characters of a subject


class Unsafe(ValueError):
    """What was written would not be the headers that were meant."""


class Verbatim:
    """A header that is ASCII by nature and must not be folded or encoded.

    The standard library encodes every word longer than a line (RFC 2047), and a List-Unsubscribe in that form is one
    that mail programs do not understand.
    """

    max_count: ClassVar[int] = 1

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        if not value.isascii() or not value.isprintable():
            raise Unsafe("only printable ASCII can stand here")
        kwds["parse_tree"], kwds["decoded"] = [], value

    def fold(self, *, policy: email.policy.Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"  # type: ignore[attr-defined]


REGISTRY = HeaderRegistry()
for _name in ("list-unsubscribe", "list-unsubscribe-post"):
    REGISTRY.map_to_type(_name, Verbatim)  # type: ignore[arg-type]

POLICY = email.policy.SMTP.clone(header_factory=REGISTRY, cte_type="7bit")


def one_line(text: str) -> str:
    """Text that is safe as a subject or a name: one line, nothing invisible, no encoded word, not too long.

    An encoded word (RFC 2047) in our own text would be decoded when the header is written, line breaks and all.
    """
    visible = "".join(" " if c.isspace() else c for c in unicodedata.normalize("NFC", text) if _visible(c))
    words = " ".join(visible.split()).replace("=?", "= ?")
    return words[:LONGEST].rstrip()


def _visible(character: str) -> bool:
    return character.isspace() or not unicodedata.category(character).startswith("C")


def sender(configured: str) -> Address:
    """MAIL_FROM as an address with a name. Raises `Unsafe` where it is none, or several."""
    found = getaddresses([configured])
    if len(found) != 1:
        raise Unsafe("not one e-mail address")
    name, address = found[0]
    return mailbox(address, name)


def mailbox(address: str, name: str = "") -> Address:
    """Exactly one mailbox, its domain in ASCII (RFC 5890). Raises `Unsafe` for anything else, without repeating it."""
    local, _, domain = address.rpartition("@")
    try:
        return Address(one_line(name), addr_spec=f"{local}@{idna.encode(domain, uts46=True).decode()}")
    except Exception:  # the standard library raises its own errors here, IndexError among them
        raise Unsafe("not one e-mail address") from None


def reply_to(address: str) -> Address | None:
    """A visitor's address, if it is one that can be answered."""
    try:
        valid = validate_email(address, check_deliverability=False, allow_smtputf8=False)
        return mailbox(valid.ascii_email or valid.normalized)
    except (EmailNotValidError, Unsafe):
        return None


def write(message: EmailMessage, name: str, value: Any) -> None:
    """Add a header. Raises `Unsafe` when the standard library refuses it."""
    try:
        message[name] = value
    except Unsafe:
        raise
    except Exception:
        raise Unsafe(f"cannot be written: {name}") from None


def verified(message: EmailMessage) -> EmailMessage:
    """The message, if reading it back gives the headers that were put in. Raises `Unsafe` when it does not."""
    read = message_from_bytes(message.as_bytes(), policy=email.policy.compat32)
    if read.keys() != message.keys() or read.defects:
        raise Unsafe("the headers did not come back as they were written")
    return message
