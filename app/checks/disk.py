"""Can this process write where it must? Tried, and nothing is left behind."""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

LITTLE = 16 * 1024 * 1024  # bytes: with less, the disk is full before somebody has come
SOME = b"." * 4096


def hindrance(folder: Path, added_to: Iterable[Path] = (), read: Iterable[str] = ()) -> str:
    """Why nothing can be written in a folder, which need not be there yet, or these files not added to or read.

    '' when all of it can. Not for a database's files: SQLite loses its locks when another hand closes them.
    """
    try:
        _write_in(next(path for path in (folder, *folder.parents) if path.exists()), folder)
        for file in added_to:
            _open(file, os.O_RDWR | os.O_APPEND)
        for file in (file for pattern in read for file in folder.glob(pattern)):
            _open(file, os.O_RDONLY)
    except OSError as error:
        return _said(error, folder)
    return ""


def _write_in(nearest: Path, folder: Path) -> None:
    """Raises OSError that names the folder, and not the file that it would not have."""
    try:
        any(nearest.iterdir())
        with TemporaryFile(dir=nearest) as draft:
            draft.write(SOME)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(folder)) from None


def _open(file: Path, how: int) -> None:
    with suppress(FileNotFoundError):
        os.close(os.open(file, how | os.O_CLOEXEC))


def _said(error: OSError, folder: Path) -> str:
    whose = f": it must belong to {us()}" if isinstance(error, PermissionError) else ""
    return f"{error.filename or folder} cannot be used ({error.strerror}){whose}"


def us() -> str:
    """The name of the user as whom we run."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"user {os.geteuid()}"


def full(folder: Path) -> str:
    """That a disk has no room, or ''."""
    space = shutil.disk_usage(folder)
    return f"the disk of {folder} is full" if space.total and space.free < LITTLE else ""
