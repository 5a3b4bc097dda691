"""Files that belong to somebody else, as after a `cp` by root."""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

NOBODY = 65534


class Strangers:
    """A folder that everybody may use; strangers(path, file) makes them, and shuts the last one to everybody."""

    def __init__(self) -> None:
        self.folder = Path(mkdtemp(prefix="samtykke", dir="/tmp"))
        self.folder.chmod(0o777)
        self.name = pwd.getpwuid(NOBODY if os.geteuid() == 0 else os.geteuid()).pw_name

    def __call__(self, folder: str, file: Path | None = None) -> None:
        Path(folder).mkdir(exist_ok=True)
        Path(folder).chmod(0o777 if file else 0)
        if file:
            file.write_text("1\n")
            file.chmod(0)

    @contextmanager
    def nobody(self) -> Iterator[None]:
        """What runs in here is not root."""
        us = os.geteuid()
        if us == 0:
            os.seteuid(NOBODY)
        try:
            yield
        finally:
            os.seteuid(us)

    def __enter__(self) -> Strangers:
        return self

    def __exit__(self, *_: object) -> None:
        for path in self.folder.iterdir():
            path.chmod(0o700)
        shutil.rmtree(self.folder)
