"""What the worker does for the journal: the clock strikes, and lines whose transaction was lost are made good."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from flask import current_app

from app.clock import now
from app.extensions import db
from app.journal import MOVE, gate, lines
from app.outbox import periodic
from app.privacy import journal
from app.privacy.journal import Replayed, Unknown

SURE = timedelta(minutes=5)  # by then a line's transaction has been committed, or never will be


@periodic(minute="*")
def tick() -> None:
    """Strike, so that a restored backup is told from the database that was lost."""
    count = gate.tick()
    db.session.commit()
    gate.strike(count)


@periodic(minute="*/5")
def mend() -> None:
    """A process died between the line and the commit, so nobody was told that it was done: it is done now.

    Every line is looked at once by each worker that is started, and then no more.
    """
    read: dict[str, int] = current_app.extensions.setdefault("journal_read", {})
    unknown: Unknown = {}
    ends = {file.name: _sure(file, read.get(file.name, 0), unknown) for file in lines.files()}
    journal.carry_out(unknown, Replayed())
    read.update(ends)


def _sure(file: Path, offset: int, unknown: Unknown) -> int:
    """Collects the unknown lines that are old enough. Returns where to go on the next time."""
    for batch, end in journal.batches(file, offset):
        ours = [line for line in batch if line]
        if any(line.at > now() - SURE for line in ours):
            return offset  # the whole batch again, a little later
        for line in journal.new([line for line in ours if line.op != MOVE]):  # that one is done by its request
            unknown.setdefault(line.mac, []).append(line)
        offset = end
    return offset
