"""What a file is, found out in one pass that keeps nothing of it."""

from __future__ import annotations

from codecs import BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True)
class Survey:
    """A file's SHA-256, its size in bytes and the name of its encoding."""

    hash: str
    size: int
    encoding: str


def survey(chunks: Iterable[bytes]) -> Survey:
    """UTF-16 says so with its mark; what is not UTF-8 was written by Windows (cp1252)."""
    digest, size, first, utf8 = sha256(), 0, b"", _Utf8()
    for chunk in chunks:
        first = first or chunk[:4]
        digest.update(chunk)
        size += len(chunk)
        utf8.take(chunk)
    return Survey(digest.hexdigest(), size, _encoding(first, utf8.whole()))


class _Utf8:
    """Is it UTF-8 so far? A character may be cut in two by the end of a chunk."""

    def __init__(self) -> None:
        self._decoder = getincrementaldecoder("utf-8")()
        self._valid = True

    def take(self, chunk: bytes, last: bool = False) -> None:
        if self._valid:
            try:
                self._decoder.decode(chunk, last)
            except UnicodeDecodeError:
                self._valid = False

    def whole(self) -> bool:
        self.take(b"", last=True)
        return self._valid


def _encoding(first: bytes, utf8: bool) -> str:
    if first.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8-sig" if utf8 else "cp1252"
