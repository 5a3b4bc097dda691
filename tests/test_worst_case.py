"""What a stranger may send costs time in proportion to its length, and one message never stops the reading of others.

Expressions hold the interpreter's lock: whoever finds a slow one stops every visitor of the process at once.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable
from contextlib import suppress
from time import process_time
from types import SimpleNamespace
from typing import Any

import pytest

from app.contacts.addresses import InvalidAddress, canonical
from app.processors.google import message, news, optout
from app.submissions.answers import clean_text
from app.submissions.spam import link_count, text_key

LONG = 400_000  # characters: Flask takes half a million a field
SECONDS = 2.0  # hundredths are enough; with the square of the length it would be minutes
PROVEN = b"From: a@b.no\r\nAuthentication-Results: mx.google.com; dkim=pass header.i=@b.no\r\n"


def mail(rest: bytes) -> Any:
    return message.read({"id": "1", "internalDate": "1", "raw": urlsafe_b64encode(PROVEN + rest).decode()}).mail


def html(body: bytes) -> Any:
    return mail(b"Content-Type: text/html\r\n\r\n" + body)


def marks(first: str, then: str) -> str:
    return "a" + first * (LONG // 2) + then * (LONG // 2)


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (canonical, "a" + " " * LONG + "b"),
        (canonical, "a" + "\u200b" * LONG + "b"),
        (canonical, "a." * (LONG // 2)),
        (clean_text, "å" + " " * LONG + "x"),
        (clean_text, marks("\u0300", "\u0327")),
        (clean_text, "a" + "\u0f73" * LONG),
        (lambda text: link_count([text]), "<a " * (LONG // 3)),
        (lambda text: text_key([text], b"key"), marks("\u0300", "\u0327")),
        (lambda text: text_key([text], b"key"), "\uff9e\u0300" * (LONG // 2)),
        (lambda text: optout.address(html(text.encode())), "<" * LONG),
        (lambda text: optout.address(html(text.encode())), "<br" * (LONG // 3)),
    ],
)
def test_the_worst_text_is_read_at_once(read: Callable[[str], object], text: str) -> None:
    began = process_time()
    with suppress(InvalidAddress):
        read(text)
    assert process_time() - began < SECONDS


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("æ  b", "æ  b"),
        ("æ \t b\n\n c", "æ b c"),
        ("a\u0300\u0301\u0302", "à\u0301\u0302"),
        ("─" * 100, "─" * 100),
        ("👩🏽‍🚀" * 40, "👩🏽‍🚀" * 40),
    ],
)
def test_what_people_write_is_left_as_it_was(typed: str, clean: str) -> None:
    assert clean_text(typed) == clean


@pytest.mark.parametrize("edge", [" ", "\u00a0", "\u200b", "\ufeff", "\t\u2003 "])
def test_what_surrounds_an_address_is_taken_off(edge: str) -> None:
    assert canonical(f"{edge}kari@example.no{edge}").canonical == "kari@example.no"


NESTED = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(1500))
REPORT = b"Content-Type: multipart/report; report-type=delivery-status; boundary=r\r\n\r\n--r\r\n"


@pytest.mark.parametrize(
    "poison",
    [
        b"Subject: =?utf-8?b?a?=\r\n\r\n",
        b"Content-Type: text/plain; charset=idna\r\n\r\na\xff",
        b"Content-Type: text/plain; charset=undefined\r\n\r\na\xff",
        NESTED,
        REPORT + b"Content-Type: text/rfc822-headers\r\n\r\n" + NESTED,
    ],
)
def test_no_message_keeps_the_next_from_being_read(poison: bytes) -> None:
    """The mailbox is read from where it was read to the last time: what fails once, fails for ever."""
    leaving = b"Subject: x\r\nContent-Type: text/plain\r\n\r\nStopp\r\n"
    held = {
        id: {"id": id, "internalDate": "1", "raw": urlsafe_b64encode(PROVEN + body).decode()}
        for id, body in (("1", poison), ("2", leaving))
    }
    box: Any = SimpleNamespace(
        address="post@b.no", history=lambda since: (list(held), "9"), read=lambda id: message.read(held[id])
    )
    assert [notice.address for notice in news.read(box, "1", lambda name: "").notices] == ["a@b.no"]
    found = message.read(held["1"])
    assert not found.mentions("kari@example.no")
