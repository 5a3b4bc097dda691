"""What a body may hold, and the three ways to refuse one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import ClassVar

MAX_BODY = 1024 * 1024  # bytes
MAX_FIELDS = 200
MAX_NAME = 100  # characters
MAX_VALUE = 20_000  # characters
MAX_DEPTH = 6  # `a` is 1, `a[b]` is 2
MAX_LIST = 100

Pairs = list[tuple[str, str]]


@dataclass(slots=True)
class Decoded:
    """`latin1`: some text was not UTF-8 and was read as Windows-1252. `dropped`: names of fields that held a file."""

    pairs: Pairs
    latin1: bool = False
    dropped: list[str] = field(default_factory=list)


class DecodeError(Exception):
    """A body that is refused. `code` is stable and holds nothing of the body; `status` is the HTTP answer."""

    status: ClassVar[int]

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class TooLarge(DecodeError):
    status = 413


class Unsupported(DecodeError):
    status = 415


class Unreadable(DecodeError):
    """Worth keeping for somebody to look at: a mended reader may understand it."""

    status = 400


def as_text(raw: bytes) -> tuple[str, bool]:
    """UTF-8, or else Windows-1252, which old Norwegian pages still send. The flag says that it was the latter."""
    try:
        return raw.decode("utf-8"), False
    except UnicodeDecodeError:
        pass
    try:
        return raw.decode("cp1252"), True
    except UnicodeDecodeError:
        raise Unreadable("encoding") from None


def check(pairs: Pairs) -> Pairs:
    """The same pairs without NUL and without nameless fields. Raises TooLarge or Unreadable beyond the limits."""
    if len(pairs) > MAX_FIELDS:
        raise TooLarge("too_many_fields")
    if any("\0" in name or "\0" in value for name, value in pairs):
        pairs = [(name.replace("\0", ""), value.replace("\0", "")) for name, value in pairs]
    for name, value in pairs:
        if len(value) > MAX_VALUE:
            raise TooLarge("value_too_long")
        if len(name) > MAX_NAME:
            raise TooLarge("name_too_long")
        if "[" in name:
            check_depth(name)
    if len(pairs) > MAX_LIST and max(Counter(name for name, _ in pairs).values()) > MAX_LIST:
        raise TooLarge("list_too_long")
    return [pair for pair in pairs if pair[0]]


def check_depth(name: str) -> None:
    if name.count("[") >= MAX_DEPTH:
        raise Unreadable("too_deep")
