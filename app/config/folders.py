"""The folders that settings name, looked at before anything is kept in one of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.config.environment import Misconfigured

KEPT = ("INSTANCE_DIR", "SPOOL_DIR", "JOURNAL_DIR")


def prepare(settings: Mapping[str, Any]) -> None:
    """Make the folder of this installation. Raises `Misconfigured` where a folder can be none."""
    for name in KEPT:
        _no_file(name, Path(settings[name]))
    folder = Path(settings["INSTANCE_DIR"])
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(f"INSTANCE_DIR {folder} cannot be made ({error.strerror})") from None
    if _holds_a_store(folder, settings) and not os.access(folder, os.W_OK | os.X_OK):
        raise Misconfigured(f"INSTANCE_DIR {folder} cannot be written by the user that this runs as")


def _no_file(name: str, folder: Path) -> None:
    try:
        nearest = next(path for path in (folder, *folder.parents) if path.exists())
    except OSError as error:
        raise Misconfigured(f"{name} {folder} cannot be reached ({error.strerror})") from None
    if not nearest.is_dir():
        raise Misconfigured(f"{name} must be a folder: {nearest} is a file")


def _holds_a_store(folder: Path, settings: Mapping[str, Any]) -> bool:
    """SQLite makes files beside its database."""
    stores = (settings["SQLALCHEMY_DATABASE_URI"], settings["HUEY_URL"])
    return any(url.startswith(f"sqlite:///{folder}/") for url in stores)
