"""A mailing list of our own in one SQLite file, so that a newcomer needs no account anywhere."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from app.processors.base import Held, Member, Outcome, Processor, Profile, Retry

SCHEMA = """
CREATE TABLE IF NOT EXISTS member (
    address TEXT PRIMARY KEY, status TEXT NOT NULL, language TEXT NOT NULL, name TEXT NOT NULL, company TEXT NOT NULL,
    phone TEXT NOT NULL, unsubscribe_url TEXT NOT NULL, signup_at TEXT, opt_in_at TEXT, opt_in_ip TEXT,
    left_at TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tag (
    address TEXT NOT NULL REFERENCES member ON DELETE CASCADE, name TEXT NOT NULL, PRIMARY KEY (address, name)
) WITHOUT ROWID;
"""
MAKING = Lock()
BOTH = "Both addresses are on the practice list: decide which of the two stays, and take the other one off."
UPSERT = """
INSERT INTO member VALUES (:address, 'subscribed', :language, :name, :company, :phone, :unsubscribe_url,
    :signup_at, :opt_in_at, :opt_in_ip, NULL)
ON CONFLICT (address) DO UPDATE SET status = 'subscribed', language = excluded.language,
    name = coalesce(nullif(excluded.name, ''), name), company = coalesce(nullif(excluded.company, ''), company),
    phone = coalesce(nullif(excluded.phone, ''), phone), unsubscribe_url = excluded.unsubscribe_url,
    signup_at = excluded.signup_at, opt_in_at = excluded.opt_in_at, opt_in_ip = excluded.opt_in_ip, left_at = NULL
"""
CORRECT = """
UPDATE member SET name = coalesce(nullif(:name, ''), name), company = coalesce(nullif(:company, ''), company),
    phone = coalesce(nullif(:phone, ''), phone) WHERE address = :address
"""


class Sandbox(Processor):
    """A careful list provider: never brings back who left of their own accord, and forgets completely.

    Safe for several processes and threads: every verb opens the file, and writers take turns.
    """

    name = "sandbox"
    addressed = frozenset({"member"})

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Sandbox:
        return cls(config["SANDBOX_PATH"])

    def push(self, profile: Profile) -> Outcome:
        if not profile.granted and not profile.acquainted:
            return Outcome("not_held")
        with self._open() as db:
            return _subscribe(db, profile) if profile.granted else _unsubscribe(db, profile)

    def find(self, profile: Profile) -> list[Held]:
        with self._open() as db:
            known = db.execute("SELECT 1 FROM member WHERE address = ?", (profile.address,)).fetchone()
        return [Held("member", profile.address)] if known else []

    def export(self, profile: Profile) -> dict[str, Any]:
        with self._open() as db:
            row = db.execute("SELECT * FROM member WHERE address = ?", (profile.address,)).fetchone()
            tags = db.execute("SELECT name FROM tag WHERE address = ? ORDER BY name", (profile.address,)).fetchall()
        return {**dict(row), "tags": [tag["name"] for tag in tags]} if row else {}

    def erase(self, profile: Profile) -> Outcome:
        with self._open() as db:
            gone = db.execute("DELETE FROM member WHERE address = ?", (profile.address,)).rowcount
        return Outcome("erased" if gone or profile.acquainted else "not_held")

    def rectify(self, profile: Profile, new_address: str = "") -> Outcome:
        """As `Processor.rectify`. An address that is on the list already is for a human to look at."""
        there = replace(profile, address=new_address or profile.address)
        old, new = self.find(profile), self.find(there)
        if new_address and old and new:
            return Outcome("manual", BOTH)
        if new_address and old:
            self._readdress(profile.address, new_address)
        self._correct(there)
        if not new_address:
            return self.push(there)
        return self.follow(there) if old or new else Outcome("not_held")

    def _correct(self, profile: Profile) -> None:
        """Also of somebody who is off the list, of whom a push says no more than that."""
        with self._open() as db:
            db.execute(CORRECT, {name: getattr(profile, name) for name in ("address", "name", "company", "phone")})

    def _readdress(self, old: str, new: str) -> None:
        with self._open() as db:
            db.execute("PRAGMA defer_foreign_keys = ON")
            db.execute("UPDATE tag SET address = ? WHERE address = ?", (new, old))
            db.execute("UPDATE member SET address = ? WHERE address = ?", (new, old))

    def restrict(self, profile: Profile, restricted: bool) -> Outcome:
        """Kept, and sent nothing; or on the list again, if consent still stands."""
        if not restricted:
            return self.push(profile)
        with self._open() as db:
            quiet = "UPDATE member SET status = 'restricted' WHERE address = ? AND status = 'subscribed'"
            db.execute(quiet, (profile.address,))
        return Outcome("held" if self.find(profile) else "not_held")

    def members(self) -> Iterator[Member]:
        after = ""
        while page := self._page(after):
            yield from page
            after = page[-1].address

    def ping(self) -> str:
        with self._open() as db:
            (count,) = db.execute("SELECT count(*) FROM member WHERE status = 'subscribed'").fetchone()
        return f"The practice list answers, subscribed: {count}"

    def leave(self, address: str, at: datetime | None = None) -> None:
        """What the person's own click on the provider's unsubscribe link does. We are not asked."""
        moment = (at or datetime.now(UTC)).astimezone(UTC).isoformat()
        with self._open() as db:
            db.execute("UPDATE member SET status = 'unsubscribed', left_at = ? WHERE address = ?", (moment, address))

    def _page(self, after: str, size: int = 1000) -> list[Member]:
        with self._open() as db:
            rows = db.execute(
                "SELECT address, status FROM member WHERE address > ? ORDER BY address LIMIT ?", (after, size)
            ).fetchall()
        return [Member(row["address"], row["status"] == "subscribed") for row in rows]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """One transaction. Raises `Retry` where the file is locked or cannot be opened.

        Not in WAL mode: two processes that switch a new file to it at once are not made to wait, one of them fails.
        """
        try:
            with closing(self._connect()) as db:
                db.execute("BEGIN IMMEDIATE")
                yield db
                db.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise Retry(f"sandbox: {error.sqlite_errorname}") from None

    def _connect(self) -> sqlite3.Connection:
        self._make()
        db = sqlite3.connect(self._path, timeout=10, isolation_level=None)
        db.row_factory = sqlite3.Row
        for line in ("foreign_keys = ON", "secure_delete = ON"):
            db.execute(f"PRAGMA {line}")
        db.executescript(SCHEMA)
        return db

    def _make(self) -> None:
        """To close a file gives up every lock that this process has on it (fcntl(2)): another thread's write, too."""
        with MAKING:
            if not self._path.exists():
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._path.touch(mode=0o600)


def _subscribe(db: sqlite3.Connection, profile: Profile) -> Outcome:
    left_at = _left_at(db, profile.address)
    if left_at and not profile.given_after(left_at):
        return Outcome("unsubscribed", "The person left at the list provider after this consent was given.")
    db.execute(UPSERT, _row(profile))
    _set_tags(db, profile)
    return Outcome("subscribed")


def _unsubscribe(db: sqlite3.Connection, profile: Profile) -> Outcome:
    found = db.execute("UPDATE member SET status = 'unsubscribed' WHERE address = ?", (profile.address,)).rowcount
    if not found:
        return Outcome("not_held")
    _set_tags(db, profile)
    return Outcome("unsubscribed")


def _set_tags(db: sqlite3.Connection, profile: Profile) -> None:
    """Purposes only. A tag that staff set by hand is theirs."""
    for purpose, consent in profile.consents.items():
        sql = (
            "INSERT OR IGNORE INTO tag VALUES (?, ?)"
            if consent.granted
            else "DELETE FROM tag WHERE (address, name) = (?, ?)"
        )
        db.execute(sql, (profile.address, purpose))


def _row(profile: Profile) -> dict[str, str | None]:
    proof = profile.proof
    return {
        "address": profile.address,
        "language": profile.language,
        "name": profile.name,
        "company": profile.company,
        "phone": profile.phone,
        "unsubscribe_url": profile.unsubscribe_url,
        "signup_at": proof.requested_at.isoformat() if proof.requested_at else None,
        "opt_in_at": proof.since.isoformat() if proof.since else None,
        "opt_in_ip": proof.ip,
    }


def _left_at(db: sqlite3.Connection, address: str) -> datetime | None:
    row = db.execute("SELECT left_at FROM member WHERE address = ?", (address,)).fetchone()
    return datetime.fromisoformat(row["left_at"]) if row and row["left_at"] else None
