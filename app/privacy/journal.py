"""Doing again what a restored backup has forgotten: every erasure, restriction and withdrawal of the journal.

A line that the database knows has been carried out. Whom the others are about is found by the keyed hash of the
address, in one pass over everybody. Twice is the same as once; a replay that dies half way is run again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from sqlalchemy import insert, select

from app import audit, journal
from app.contacts.models import Contact
from app.crypto import keyring
from app.extensions import db
from app.journal import gate, lines
from app.journal.models import JournalEntry
from app.journal.notes import Line
from app.privacy import again
from app.submissions.models import Submission

SOME = 500

Unknown = dict[str, list[Line]]  # by the hash of the address


@dataclass
class Replayed:
    """What a replay found and did. `broken` lines are not ours, or were cut off; `strangers` are known here no more."""

    lines: int = 0
    new: int = 0
    erased: int = 0
    restricted: int = 0
    lifted: int = 0
    withdrawn: int = 0
    moved: int = 0
    strangers: int = 0
    broken: int = 0

    def said(self) -> str:
        """In one line."""
        return ", ".join(f"{one.name} {getattr(self, one.name)}" for one in fields(self))


def replay(actor: str = "cli", anyway: bool = False) -> Replayed:
    """Read the whole journal and do what this database does not know of. Commits; afterwards everything goes on.

    A backup stays shut where lines are missing or cannot be read, unless somebody wants it open `anyway`.
    Raises OSError when the journal cannot be read.
    """
    found = Replayed()
    unknown: Unknown = {}
    for file in lines.files():
        for batch, _ in batches(file):
            _sort(batch, unknown, found)
    carry_out(unknown, found)
    audit.record(actor, "replayed_journal", note=found.said() + (", opened anyway" if anyway else ""))
    count = gate.catch_up() if anyway or _whole(found) else 0
    db.session.commit()
    gate.strike(count)
    return found


def _whole(found: Replayed) -> bool:
    """Was everything read? A clock that has struck and no line at all: the files were left behind."""
    return not found.broken and (found.lines > 0 or not (gate.struck() or gate.left_behind()))


def batches(file: Path, offset: int = 0) -> Iterator[tuple[list[Line | None], int]]:
    """The lines of a file, some at a time, with the offset after them."""
    batch: list[Line | None] = []
    end = offset
    for line, end in lines.read(file, offset):
        batch.append(line)
        if len(batch) == SOME:
            yield batch, end
            batch = []
    if batch:
        yield batch, end


def _sort(batch: Sequence[Line | None], unknown: Unknown, found: Replayed) -> None:
    ours = [line for line in batch if line]
    for line in new(ours):
        unknown.setdefault(line.mac, []).append(line)
        found.new += 1
    found.lines += len(batch)
    found.broken += len(batch) - len(ours)


def new(batch: Sequence[Line]) -> list[Line]:
    """Those that this database does not know."""
    ids = [line.id for line in batch]
    known = set(db.session.scalars(select(JournalEntry.id).where(JournalEntry.id.in_(ids))))
    db.session.rollback()
    return [line for line in batch if line.id not in known]


def carry_out(unknown: Unknown, found: Replayed) -> None:
    """Person by person, each in a transaction that ends with the database knowing the lines."""
    waiting = dict(unknown)
    for address in _everybody() if waiting else ():
        mine = _about(address, waiting)
        if mine:
            again.do(address, mine, found)
            _known(mine)
    for mac, theirs in waiting.items():
        again.leave_alone(mac, theirs)
        found.strangers += 1
        _known(theirs)


def _about(address: str, waiting: Unknown) -> list[Line]:
    """The lines about an address and what it became, under whichever key, in their order. They wait no longer."""
    macs, mine = journal.address_macs(keyring(), address), list[Line]()
    for mac in macs:  # which grows by the way
        mine += (found := waiting.pop(mac, []))
        macs += [line.scope for line in found if line.op == journal.MOVE]
    return sorted(mine, key=lambda line: (line.at, line.id))


def _known(done: Sequence[Line]) -> None:
    db.session.execute(insert(JournalEntry), [{"id": line.id, "at": line.at} for line in done])
    db.session.commit()


def _everybody() -> Iterator[str]:
    """Every address there is, page by page: of people, and of submissions that nobody has linked to one."""
    yield from _pages(Contact)
    yield from _pages(Submission)


def _pages(model: type[Contact] | type[Submission]) -> Iterator[str]:
    after: int | None = None
    wanted = select(model.id, model.address).order_by(model.id).limit(SOME)
    if model is Submission:
        wanted = wanted.where(Submission.contact_id.is_(None), Submission.address != "")
    while rows := db.session.execute(wanted.where(model.id > after) if after is not None else wanted).all():
        db.session.rollback()
        yield from (row.address for row in rows)
        after = rows[-1].id
