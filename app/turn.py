"""A fair turn at SQLite's one writer, between threads and between processes.

SQLite lets whoever asks at the right moment have the lock: its busy handler sleeps up to a tenth of a second between
two looks, so that a process which writes all the time can keep another out for seconds. Here everybody queues: who
waits for the turn holds the place behind it, and who has just written must take that place again. The threads of a
process queue among themselves first, asleep: eight that look again and again take the interpreter from the one that
writes.

The turn is a courtesy. SQLite's own lock decides, so a turn that cannot be had in time is done without.
"""

from __future__ import annotations

import ctypes
import errno
import os
from collections import defaultdict
from threading import Lock
from time import monotonic, sleep
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.pool import Pool

LOCK_EX, LOCK_NB, LOCK_UN = 2, 4, 8  # flock(2)
try:
    # PyDLL keeps Python's own lock: a call that never waits need not give it away, and wait to get it back.
    _flock: Any = ctypes.PyDLL(None, use_errno=True).flock
except (AttributeError, OSError, TypeError):  # no flock on this system: SQLite's busy handler alone
    _flock = None

PATIENCE = 5.0  # seconds
LOOK_AGAIN = 0.0003
KEY = "turn"


QUEUES: defaultdict[str, Lock] = defaultdict(Lock)  # by database: whose turn it is within this process
os.register_at_fork(after_in_child=QUEUES.clear)  # whoever held one has stayed behind


class Turn:
    """One connection's ticket: two files beside the database, one for the turn and one for the place behind it."""

    def __init__(self, path: str) -> None:
        self._queue = QUEUES[path]
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        self._place, self._turn = (os.open(f"{path}-{name}", flags, 0o600) for name in ("place", "turn"))
        self.mine = False

    def take(self) -> None:
        until = monotonic() + PATIENCE
        if self.mine or not self._queue.acquire(timeout=PATIENCE):
            return
        try:
            if _lock(self._place, until):
                self.mine = _lock(self._turn, until)
                _flock(self._place, LOCK_UN)
        finally:
            if not self.mine:
                self._queue.release()

    def give_back(self) -> None:
        if self.mine:
            self.mine = False
            _flock(self._turn, LOCK_UN)
            self._queue.release()

    def close(self) -> None:
        self.give_back()
        os.close(self._turn)
        os.close(self._place)


def _lock(file: int, until: float) -> bool:
    while _flock is not None and monotonic() < until:
        if _flock(file, LOCK_EX | LOCK_NB) == 0:
            return True
        if ctypes.get_errno() != errno.EWOULDBLOCK:
            return False
        sleep(LOOK_AGAIN)
    return False


def before_writing(connection: Connection) -> None:
    """Queue for the turn, before anything of SQLite's is held: whoever has the turn may be waiting for just that.

    It is given back with the connection.
    """
    path = connection.engine.url.database
    if path and path != ":memory:":
        ticket = connection.info.get(KEY) or connection.info.setdefault(KEY, Turn(path))
        ticket.take()


@event.listens_for(Pool, "checkin")
def _after_writing(_raw: Any, record: Any) -> None:
    if ticket := record.info.get(KEY):
        ticket.give_back()


@event.listens_for(Pool, "close")
@event.listens_for(Pool, "invalidate")
def _gone(_raw: Any, record: Any, *_error: Any) -> None:
    if ticket := record.info.pop(KEY, None):
        ticket.close()
