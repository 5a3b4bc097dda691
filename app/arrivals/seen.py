"""Which addresses of a list have been met already, and what became of them. On disk, without names."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from hashlib import blake2b
from secrets import token_bytes

TABLE = "CREATE TABLE seen (key BLOB PRIMARY KEY, word TEXT NOT NULL) WITHOUT ROWID"
ADD = """
INSERT INTO seen VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET word = excluded.word WHERE excluded.word != ''
"""


class Seen:
    """Address to a word. Keys are hashes under a key that dies with it, in a file that SQLite removes by itself."""

    def __init__(self) -> None:
        self._key = token_bytes(16)
        self._file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for line in ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", TABLE, "BEGIN"):
            self._file.execute(line)

    def add(self, words: Iterable[tuple[str, str]]) -> None:
        """Remember these addresses. An empty word takes no earlier one away."""
        self._file.executemany(ADD, ((self._hash(address), word) for address, word in words if address))

    def among(self, addresses: Iterable[str]) -> dict[str, str]:
        """The words of those that have been met."""
        found = {address: self._word(address) for address in set(addresses)}
        return {address: word for address, word in found.items() if word is not None}

    def _word(self, address: str) -> str | None:
        row = self._file.execute("SELECT word FROM seen WHERE key = ?", (self._hash(address),)).fetchone()
        return row[0] if row else None

    def _hash(self, address: str) -> bytes:
        return blake2b(address.encode(), key=self._key, digest_size=16).digest()
