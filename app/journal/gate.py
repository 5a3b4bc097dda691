"""Is this the database that we last wrote to, or a backup of it that somebody has restored?

The clock strikes once a minute, and with every commit that is in the journal. It is counted twice: in the database, and
after its commit in a file beside the journal. A database that has counted less than the file has lost something. Until
the journal has been replayed on it, nobody is written to and no processor is called.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import BigInteger, bindparam, func, select, update

from app.extensions import db
from app.journal import lines, whole
from app.journal.models import JournalTick

ROW = 1
COUNT = select(JournalTick.count).where(JournalTick.id == ROW)
# For a statement that must not be carried out on such a backup.
NOT_BEHIND = func.coalesce(COUNT.scalar_subquery(), 0) >= bindparam("struck", type_=BigInteger())


def behind() -> bool:
    """Has a backup been restored, and nobody has replayed the journal on it?

    A transaction may have begun before the last stroke and not see it: a second look is taken outside of it.
    """
    there = _there()
    return _here() < there and _now_here() < there


def left_behind() -> bool:
    """Has this database counted, and never into this folder? So begins a second machine, and a restore without it."""
    return not file().exists() and _here() > 0


def struck() -> int:
    """The parameter of `NOT_BEHIND`. Read before the statement looks: what the file counts was committed before."""
    return _there()


def tick() -> int:
    """Strike once in the database; the caller commits, and then calls `strike`. 0, and nothing, where we are behind."""
    count = _hold()
    return _set(count + 1) if count >= _there() else 0


def catch_up() -> int:
    """The journal has been replayed: count on from where the file stands. The caller commits, then calls `strike`."""
    return _set(max(_hold(), _there()) + 1)


def _hold() -> int:
    """The count, which nobody else raises until the transaction ends."""
    return db.session.scalar(COUNT.with_for_update()) or 0


def _set(count: int) -> int:
    row = update(JournalTick).where(JournalTick.id == ROW).values(count=count)
    db.session.execute(row.execution_options(synchronize_session=False))
    return count


def strike(count: int) -> None:
    """The file's turn, once the database has it for good. It never goes back. Raises OSError when it cannot be written.

    A file as a whole or not at all: half a number would be a lower one, and none at all stops everything.
    """
    if count <= _there():  # also for 0
        return
    whole.write(file(), str(count))


def file() -> Path:
    return lines.folder() / "tick"


def _here() -> int:
    return db.session.scalar(COUNT) or 0


def _now_here() -> int:
    with db.engine.connect().execution_options(read_only=True) as connection:
        return connection.scalar(COUNT) or 0


def _there() -> int:
    """0 where there is no journal yet."""
    try:
        return int(file().read_text(encoding="ascii"))
    except FileNotFoundError:
        return 0
