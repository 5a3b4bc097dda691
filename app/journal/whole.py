"""A small file that is there as a whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from threading import get_ident


def write(file: Path, content: str) -> None:
    """Synced, and only then put in its place. Each thread has a draft of its own. Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_suffix(f".{os.getpid()}.{get_ident()}.tmp")
    with draft.open("w", encoding="ascii") as stream:
        stream.write(f"{content}\n")
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)
