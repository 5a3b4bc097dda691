"""Where files of a test run live: in memory where there is room, for a disk that others use is the slowest part."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 1 << 30


def fast(name: str) -> Path:
    """A new folder, in memory when it has a gigabyte free. Whoever asked removes it; if killed, the next run does."""
    roomy = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    place = MEMORY if roomy else Path(tempfile.gettempdir())
    for left in place.glob("samtykke-*-*"):
        owner = re.match(r"samtykke-\w+-(\d+)-", left.name)
        if owner and not _alive(int(owner[1])):
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"samtykke-{name}-{os.getpid()}-", dir=place))


def use_memory() -> None:
    """Whatever this run and its processes put into a temporary folder, pytest's own among it, is put there as well.

    It stays until the next run, for whoever wants to look at what a test has left.
    """
    os.environ["TMPDIR"] = tempfile.tempdir = str(fast("tmp"))


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
