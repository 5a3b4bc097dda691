"""Group commit: what arrives while one transaction is being written goes into the next, and is answered after it.

A disk that needs three milliseconds for a sync would otherwise allow three hundred visitors a second, and SQLite's
one writer would be fought over. One thread a process writes; requests wait for it.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import weakref
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any

from flask import Flask, current_app
from sqlalchemy.exc import OperationalError
from structlog import get_logger

from app import outbox
from app.extensions import db
from app.submissions.batch import AWAY, Store, Written
from app.submissions.record import Row

MOST = 64  # rows in one transaction
PATIENCE = 15.0  # seconds a request waits for its row
IDLE = 10.0  # seconds without work after which the thread ends

log = get_logger()


@dataclass(slots=True, eq=False)
class Waiting:
    """A row, and the request that waits for it."""

    row: Row
    done: Lock = field(default_factory=Lock)
    written: Written | None = None
    error: Exception | None = None

    def __post_init__(self) -> None:
        self.done.acquire()

    def settle(self, written: Written | None, error: Exception | None = None) -> None:
        self.written, self.error = written, error
        self.done.release()


class Writer:
    """The one thread of this process that writes submissions. Started by the first of them, again after a fork."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self.begin_anew()
        WRITERS.add(self)

    def begin_anew(self) -> None:
        """Without the thread, which does not come along when a process forks."""
        self._queue: SimpleQueue[Waiting | None] = SimpleQueue()
        self._thread: Thread | None = None
        self._starting = Lock()

    def write(self, row: Row) -> Written:
        """Returns when the row, or the one it repeats, is on the disk. Raises what the database said."""
        waiting = Waiting(row)
        self._queue.put(waiting)
        self._start()
        if not waiting.done.acquire(timeout=PATIENCE):
            raise OperationalError("submission", None, TimeoutError())
        if waiting.error:
            raise waiting.error
        assert waiting.written is not None  # noqa: S101 - settled without an error
        return waiting.written

    def _start(self) -> None:
        if self._thread and self._thread.is_alive():
            return
        with self._starting:
            if not (self._thread and self._thread.is_alive()):
                self._thread = Thread(target=self._run, name="submission-writer", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Write what waits, then end. A later `write` begins anew."""
        thread = self._thread
        if thread and thread.is_alive():
            self._queue.put(None)
            thread.join(PATIENCE)

    def _run(self) -> None:
        with self._app.app_context():
            store = Store(db.engine)
            while group := self._gather():
                _commit(store, group)
                _ring()
            store.close()
        self._thread = None
        if not self._queue.empty():  # it came after our last look, and before anybody could see that we are gone
            self._start()

    def _gather(self) -> list[Waiting]:
        """The next row and all that wait behind it; empty when it is time to end."""
        group: list[Waiting] = []
        with contextlib.suppress(Empty):
            item = self._queue.get(timeout=IDLE)
            while item is not None:
                group.append(item)
                if len(group) == MOST:
                    return group
                item = self._queue.get_nowait()
            if group:
                self._queue.put(None)
        return group


WRITERS: weakref.WeakSet[Writer] = weakref.WeakSet()


@atexit.register
def _end() -> None:
    for writer in list(WRITERS):
        writer.stop()


def _after_fork() -> None:
    for writer in list(WRITERS):
        writer.begin_anew()


os.register_at_fork(after_in_child=_after_fork)


def _commit(store: Store, group: list[Waiting]) -> None:
    """Write the group at once; when that fails, each alone, so that one bad row does not fail its neighbours."""
    try:
        written = store.write([waiting.row for waiting in group])
    except Exception as error:
        away = isinstance(error, AWAY)
        for waiting in group:
            waiting.settle(None, error) if away or len(group) == 1 else _commit(store, [waiting])
        return
    for waiting in group:
        waiting.settle(written[waiting.row["id"]])


def _ring() -> None:
    with contextlib.suppress(Exception):  # the sweep finds the work even if nobody rings
        outbox.ring()


def write(row: Row) -> Written:
    """Write a row through this process's writer."""
    app: Any = current_app
    writer = app.extensions.get("submission_writer")
    if writer is None:
        writer = app.extensions.setdefault("submission_writer", Writer(app._get_current_object()))
    found: Written = writer.write(row)
    return found
