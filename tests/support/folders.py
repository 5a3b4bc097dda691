"""Where databases of a test run live: in memory where there is room, for a disk that others use is the slowest part."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 1 << 30


def fast(prefix: str) -> Path:
    """A new folder, in memory when it has a gigabyte free. Whoever asked removes it."""
    roomy = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    return Path(tempfile.mkdtemp(prefix=prefix, dir=MEMORY if roomy else None))
