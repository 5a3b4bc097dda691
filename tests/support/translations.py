"""Compiled catalogues, which the app needs in order to start and git does not keep."""

from __future__ import annotations

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).resolve().parents[2] / "translations"


def compile_stale() -> None:
    """Compile every catalogue that is newer than its compiled form."""
    for source in FOLDER.glob("*/LC_MESSAGES/messages.po"):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            fresh = target.with_suffix(".tmp")
            with source.open("rb") as text, fresh.open("wb") as binary:
                write_mo(binary, read_po(text))
            fresh.replace(target)
