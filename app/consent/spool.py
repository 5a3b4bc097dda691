"""Withdrawals that came while the database was away, kept on disk until it is back."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from threading import get_ident

from flask import current_app

from app.consent import links, taking_back
from app.crypto import sha256_hex


def folder() -> Path:
    return Path(current_app.config["SPOOL_DIR"])


def keep(token: str, method: str) -> None:
    """Write the wish and sync it to the disk; the same wish twice is one file.

    Raises OSError when not even that is possible: then nobody may say that it was received.
    """
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder() / f"{sha256_hex(token.encode())}.json"
    draft = target.with_suffix(f".{os.getpid()}.{get_ident()}.tmp")
    with draft.open("w", encoding="utf-8") as file:
        json.dump({"token": token, "method": method}, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(target)
    _sync(folder())


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def waiting() -> Iterator[Path]:
    return folder().glob("*.json")


def apply(path: Path) -> None:
    """Carry out one kept wish. The caller commits, and removes the file after that.

    Raises ValueError or KeyError for one that cannot be read, also because its key is in no ring any more.
    """
    wish = json.loads(path.read_text(encoding="utf-8"))
    link = links.read_unsubscribe(wish["token"])
    if link is None:
        raise ValueError("a kept withdrawal whose link we cannot read")
    taking_back.press(link, wish["method"])
