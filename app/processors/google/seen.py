"""Who has been named already, kept on disk: memory stays flat however long the lists are."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager


class Seen:
    """A set that only grows. It lies in a file without a name, which is gone when it is closed or the process dies.

    Fingerprints of 16 bytes are kept and no addresses. For one thread at a time.
    """

    def __init__(self, file: sqlite3.Connection) -> None:
        self._file = file
        file.execute("CREATE TABLE seen (mark BLOB PRIMARY KEY) WITHOUT ROWID")

    def first(self, address: str) -> bool:
        """Is this the first time? Asking makes it known."""
        mark = hashlib.blake2b(address.encode(), digest_size=16).digest()
        return self._file.execute("INSERT OR IGNORE INTO seen VALUES (?)", (mark,)).rowcount == 1


@contextmanager
def remembering() -> Iterator[Seen]:
    """An empty set for as long as the block lasts."""
    with closing(sqlite3.connect("", isolation_level=None, check_same_thread=False)) as file:
        file.execute("PRAGMA journal_mode=OFF")
        yield Seen(file)
