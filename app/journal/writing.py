"""What happens when a transaction commits that has something for the journal."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import event, insert
from sqlalchemy.orm import Session, SessionTransaction
from structlog import get_logger

from app.extensions import db
from app.journal import gate, lines
from app.journal.models import JournalEntry
from app.journal.notes import WAITING, Line

log = get_logger()

STRUCK = "journal_struck"


@event.listens_for(db.session, "before_commit")
def _before_commit(session: Session) -> None:
    """The lines are on the disk before, and the database knows them by, the very transaction that they speak of.

    Everything else is written first: the clock's row is the last one that a transaction waits for, so that no two of
    them can wait for each other.
    """
    if session.in_nested_transaction() or not (waiting := session.info.pop(WAITING, None)):
        return
    session.flush()
    if _written(waiting):
        session.execute(insert(JournalEntry), [{"id": line.id, "at": line.at} for line in waiting])
        session.info[STRUCK] = gate.tick()


@event.listens_for(db.session, "after_commit")
def _after_commit(session: Session) -> None:
    count = 0 if session.in_nested_transaction() else session.info.pop(STRUCK, 0)
    try:
        gate.strike(count)
    except OSError as error:  # the next one makes up for it
        log.error("journal_unwritable", error=type(error).__name__)


@event.listens_for(db.session, "after_soft_rollback")
def _after_rollback(session: Session, ended: SessionTransaction) -> None:
    if not ended.nested:
        session.info.pop(WAITING, None)
        session.info.pop(STRUCK, None)


def _written(waiting: Sequence[Line]) -> bool:
    """A disk that takes no more must not keep anybody from withdrawing; without a line, nothing is erased."""
    try:
        lines.append(waiting)
    except OSError as error:
        if any(line.op != "withdraw" for line in waiting):
            raise
        log.error("journal_unwritable", error=type(error).__name__)
        return False
    return True
