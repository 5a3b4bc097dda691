"""The file: one for each host and year, only ever added to, by whichever process comes."""

from __future__ import annotations

import fcntl
import hmac
import json
import os
import re
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

from flask import current_app

from app.clock import from_ms, now
from app.crypto import keyring
from app.journal.notes import Line

SIGNED = "journal-line"  # the key of a line's own hash
LONGEST = 2000  # bytes of a line


def folder() -> Path:
    return Path(current_app.config["JOURNAL_DIR"])


def path() -> Path:
    """Where this host writes this year."""
    host = re.sub(r"[^A-Za-z0-9-]", "-", socket.gethostname())[:60] or "host"
    return folder() / f"journal-{host}-{now().year}.jsonl"


def append(lines: Sequence[Line]) -> None:
    """Write the lines and sync them to the disk. Raises OSError when that cannot be done."""
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    new = not path().exists()
    handle = os.open(path(), os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        _write(handle, _mended(handle) + b"".join(map(_encoded, lines)))
    finally:
        os.close(handle)
    if new:
        sync(folder())


def _mended(handle: int) -> bytes:
    """A power cut may have left half a line: what follows begins on its own."""
    size = os.fstat(handle).st_size
    return b"" if size == 0 or os.pread(handle, 1, size - 1) == b"\n" else b"\n"


def _write(handle: int, content: bytes) -> None:
    while content:
        content = content[os.write(handle, content) :]
    os.fsync(handle)


def sync(directory: Path) -> None:
    """What has been put into it stays there."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _encoded(line: Line) -> bytes:
    body = line.body()
    return body[:-1] + f',"sign":"{keyring().mac(SIGNED, body)}"}}\n'.encode()


def files() -> list[Path]:
    """Every file of the journal, also those of other hosts."""
    return sorted(folder().glob("journal-*.jsonl")) if folder().is_dir() else []


def read(file: Path, offset: int = 0) -> Iterator[tuple[Line | None, int]]:
    """The lines from an offset on, each with the offset after it. None for one that is not ours, or not whole."""
    with file.open("rb") as stream:
        stream.seek(offset)
        for raw in iter(lambda: stream.readline(LONGEST), b""):
            if not raw.endswith(b"\n") and len(raw) < LONGEST:
                return  # somebody is writing it
            offset += len(raw)
            yield decoded(raw), offset


def decoded(raw: bytes) -> Line | None:
    """The line, if one of our keys has signed it."""
    try:
        said = json.loads(raw)
        sign = said.pop("sign")
        line = Line(**{**said, "at": from_ms(said["at"])})
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return None
    signs = keyring().macs(SIGNED, line.body())
    return line if any(hmac.compare_digest(one, str(sign)) for one in signs) else None
