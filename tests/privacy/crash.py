"""A process of its own that is killed at a chosen moment, on the same database: nothing gets to say goodbye."""

from __future__ import annotations

import os
import signal
import threading
import traceback
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import requests
from flask import Flask, current_app
from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect

from app.extensions import db
from app.journal import gate, lines
from app.journal.notes import Line
from app.processors.sandbox import Sandbox
from tests.conftest import close

WRITES = ("INSERT", "UPDATE", "DELETE")
Work = Callable[[], object]
Passed = Callable[[str], None]  # called with the name of every moment at which one may die
Watch = Callable[[Passed], None]


class Bug(Exception):
    """The process did not die; it stumbled."""


def killed(app: Flask, work: Work, watch: Watch, moment: int = 1, spared: Container[str] = ()) -> str:
    """Do this in a forked process that is killed at the so-and-so-many-th moment of those that `watch` names.

    Names that are `spared` do not count. Returns the name of that moment, and nothing when all was done before it came.
    Raises `Bug`.
    """
    let_go(app)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _live(app, work, watch, _bomb(moment, spared, writing))
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        said = told.read().decode()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) == (not said):
        raise Bug(f"it ended with {status} and said {said!r}")
    if status and not said:
        raise Bug(f"it ended with {status}")
    return said


def lives(app: Flask, work: Work, watch: Watch, done: Callable[[], object], spared: set[str]) -> Iterator[str]:
    """Life after life, until one survives: each is killed a moment later.

    Where more is `done` than before, it is counted from there: the first moment after it has just been died at. Yields
    the moment of every death, to whoever clears away what the dead have left. Names in `spared` are died at only once.
    """
    moment, before, met = 1, done(), set[str]()
    while name := killed(app, work, watch, moment, spared & met):
        met.add(name)
        yield name
        after = done()
        moment, before = (moment if after == before else 1) + (name not in spared), after


def let_go(app: Flask) -> None:
    """Of every connection to the database and to vendors: two processes must not share one."""
    app.extensions["processors"] = None
    for timer in threading.enumerate():
        if isinstance(timer, threading.Timer):  # it gives places at a vendor back, and may be writing just now
            timer.cancel()
            timer.join()
    if writer := app.extensions.get("submission_writer"):
        writer.stop()
    close(app)
    with app.app_context():
        db.engine.dispose()


def _live(app: Flask, work: Work, watch: Watch, passed: Passed) -> None:
    try:
        with app.app_context():
            watch(passed)
        work()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _bomb(moment: int, spared: Container[str], writing: int) -> Passed:
    left = [moment]

    def passed(name: str) -> None:
        left[0] -= name not in spared
        if left[0] == 0 and name not in spared:
            os.write(writing, name.encode())
            os.kill(os.getpid(), signal.SIGKILL)

    return passed


# What may be a moment. Only ever called in the process that is to die: nothing is put back.


def everywhere(passed: Passed) -> None:
    """Before every commit, after every answer of a vendor, after every line of the journal, at every named point."""
    commits(passed)
    calls(passed)
    journal(passed)
    points(passed)


def commits(passed: Passed) -> None:
    """All is done, and the database does not have it yet. A transaction that has only read is none."""
    commit, wrote = DefaultDialect.do_commit, [False]

    def executed(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        wrote[0] |= statement.lstrip().startswith(WRITES)

    def late(self: DefaultDialect, connection: Any) -> None:
        if wrote[0]:
            wrote[0] = False
            passed("commit")
        commit(self, connection)

    event.listen(Engine, "after_cursor_execute", executed)
    DefaultDialect.do_commit = late  # type: ignore[method-assign]


def calls(passed: Passed) -> None:
    """A vendor has answered, and nobody has heard it."""
    send, opened = requests.Session.send, Sandbox._open

    def sent(self: requests.Session, *args: Any, **kwargs: Any) -> Any:
        answer = send(self, *args, **kwargs)
        passed("called")
        return answer

    @contextmanager
    def written(self: Sandbox) -> Iterator[Any]:
        with opened(self) as file:
            yield file
        passed("called")

    requests.Session.send = sent  # type: ignore[method-assign]
    Sandbox._open = written  # type: ignore[method-assign]


def journal(passed: Passed) -> None:
    """A line is on the disk and its transaction is not committed; it is, and the journal's clock has not struck."""
    append, strike = lines.append, gate.strike

    def written(new: Sequence[Line]) -> None:
        append(new)
        passed("line")

    def struck(count: int) -> None:
        if count:
            passed("strike")
        strike(count)

    lines.append, gate.strike = written, struck


def half_lines(passed: Passed) -> None:
    """A line is on the disk by half."""
    write = lines._write

    def torn(handle: int, content: bytes) -> None:
        write(handle, content[: len(content) // 2])
        passed("half a line")
        write(handle, content[len(content) // 2 :])

    lines._write = torn


def points(passed: Passed) -> None:
    """The service says by itself where it is worth killing: whatever it names is the setting."""
    current_app.config["FAULT"] = _Ear(passed)


class _Ear:
    """Compared with every name, and equal to none."""

    def __init__(self, passed: Passed) -> None:
        self._passed = passed

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, name: object) -> bool:
        self._passed(str(name))
        return False
