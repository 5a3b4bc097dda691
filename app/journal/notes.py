"""Lines of a transaction, collected while it runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.clock import now, to_ms
from app.crypto import Keyring, canonical_json, keyring, uuid7
from app.extensions import db

KEY = "suppression"  # the same hash that keeps an address from coming back: a line alone can put that back
MOVE = "move"  # to another address: `scope` is its hash
OPS = ("erase", "restrict", "lift", "withdraw", MOVE)
WAITING = "journal"


@dataclass(frozen=True)
class Line:
    """One act on one person. None of it is personal data.

    `scope` names purposes or, of a move, the new address as a keyed hash; `ref` the word of the request.
    """

    id: str
    at: datetime
    op: str
    mac: str
    scope: str = ""
    ref: str = ""

    def body(self) -> bytes:
        """What its keyed hash covers."""
        said = {"id": self.id, "at": to_ms(self.at), "op": self.op, "mac": self.mac}
        return canonical_json({**said, "scope": self.scope, "ref": self.ref})


def note(op: str, address: str, scope: str = "", ref: str = "") -> None:
    """This transaction erases, restricts or lets go of a canonical address, or takes its consent back.

    The line is written when the transaction commits, and before it does. Raises ValueError for an unknown `op`.
    """
    if op not in OPS:
        raise ValueError(f"unknown act {op!r}")
    if not db.session().in_transaction():
        db.session.begin()  # so that a rollback is heard of
    line = Line(uuid7(), now(), op, keyring().mac(KEY, address.encode()), scope, ref)
    db.session.info.setdefault(WAITING, []).append(line)


def moved(old: str, new: str) -> None:
    """From this transaction on a person goes by another canonical address: lines about that one are about her."""
    note(MOVE, old, keyring().mac(KEY, new.encode()))


def address_macs(ring: Keyring, address: str) -> list[str]:
    """The hashes that may stand for an address, one for every key of the ring."""
    return ring.macs(KEY, address.encode())
