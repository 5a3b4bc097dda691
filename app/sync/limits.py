"""No faster than the vendors allow, whichever worker on whichever machine makes the calls.

What is allowed stands in the database: a bucket of calls per processor, and places for calls under way. Each process
takes some of it at a time and hands it out to its threads, so that the database is asked a few times a second and not
at every call. These transactions are their own: a call to a vendor is made outside of every other.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

from flask import Flask
from sqlalchemy import ColumnElement, Engine, and_, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from app.clock import EPOCH, now
from app.extensions import db
from app.processors.base import Cap, Crowded, Pace
from app.sync.models import ProcessorBudget, ProcessorPlace

PATIENCE = 5.0  # seconds that a thread waits for its turn; then the work is done later
SHARE = 0.25  # seconds' worth of calls that a process takes at a time
FRESH = 1.0  # seconds for which a process may keep what it took
LEASE = timedelta(seconds=90)  # after this a place of a process that died is free again
LEFT = 60.0  # seconds that a place must still be ours when a call begins: longer than any call lasts
TURN = 5.0  # seconds after which a process offers a place to the others
IDLE = 0.5  # seconds for which it keeps a place that it does not use
POLL = 0.05


def init_app(app: Flask) -> None:
    """Processors of this app share their limits with those of all others on the same database."""
    app.extensions["pace"] = lambda name, cap: Shared(db.engine, name, cap)


class Shared(Pace):
    """The turn that every call of one processor waits for."""

    def __init__(self, engine: Engine, name: str, cap: Cap) -> None:
        self._bucket = Bucket(engine, name, cap.per_second, cap.burst) if cap.per_second else None
        self._places = Places(engine, name, cap.at_once) if cap.at_once else None

    @contextmanager
    def turn(self, units: float = 1.0) -> Iterator[None]:
        place = self._places.take() if self._places else 0
        try:
            if self._bucket:
                time.sleep(self._bucket.take(units))
            yield
        finally:
            if self._places:
                self._places.give(place)


class Bucket:
    """Calls by the second. The row may go below nothing: then those who drew wait until it is filled again."""

    def __init__(self, engine: Engine, name: str, per_second: float, burst: float) -> None:
        self._engine, self._name, self._rate, self._burst = engine, name, per_second, burst
        self._lock = threading.Lock()
        self._left: float = 0.0
        self._ready: float = 0.0
        self._until: float = 0.0

    def take(self, units: float) -> float:
        """Returns the seconds until these calls may be made. Raises `Crowded` where that is too long."""
        with self._lock:
            moment = time.monotonic()
            if self._left < units or moment > self._until:
                wanted = max(units, min(self._rate * SHARE, self._burst))
                wait: float = _asked(self._draw, wanted)
                self._ready = moment + wait
                self._left, self._until = wanted, self._ready + FRESH
            self._left -= units
            return max(self._ready - moment, 0.0)

    def _draw(self, wanted: float) -> float:
        row = ProcessorBudget
        with self._engine.begin() as connection:
            held = connection.execute(select(row.units, row.at).where(row.processor == self._name).with_for_update())
            found, moment = held.one_or_none(), now()
            if found is None:
                full = {"processor": self._name, "units": self._burst - wanted, "at": moment}
                connection.execute(insert(row).values(full))
                return 0.0
            passed = max(0.0, (moment - found.at).total_seconds())
            units = min(self._burst, found.units + passed * self._rate) - wanted
            wait: float = max(0.0, -units / self._rate)
            if wait > PATIENCE:
                raise Crowded("Our limit of calls a second is reached for now", wait)
            new = {"units": units, "at": max(moment, found.at)}
            connection.execute(update(row).where(row.processor == self._name).values(new))
            return wait


class Places:
    """Calls under way at once. A place is leased, used again and again for a few seconds, and given back."""

    def __init__(self, engine: Engine, name: str, at_once: int) -> None:
        self._engine, self._name, self._at_once = engine, name, at_once
        self._me = str(uuid4())
        self._lock, self._door = threading.Lock(), threading.Lock()
        self._freed = threading.Event()
        self._leased: dict[int, float] = {}  # place to when we got it
        self._free: dict[int, float] = {}  # place to when it was last used
        self._tidying = self._made = False

    def take(self) -> int:
        """A place, in line behind whoever came before. Raises `Crowded` where there is none for long."""
        until = time.monotonic() + PATIENCE
        if not self._door.acquire(timeout=PATIENCE):
            raise Crowded("It is busy with as many calls of ours as it takes")
        try:
            while (place := self._own() or _asked(self._lease)) is None:
                if time.monotonic() > until:
                    raise Crowded("It is busy with as many calls of ours as it takes")
                self._freed.wait(POLL)
                self._freed.clear()
            return int(place)
        finally:
            self._door.release()

    def give(self, place: int) -> None:
        """The call has ended."""
        moment = time.monotonic()
        if moment - self._leased[place] > TURN:
            self._return([place])
            return
        with self._lock:
            self._free[place] = moment
            self._freed.set()
            if not self._tidying:
                self._tidying = True
                self._later()

    def _own(self) -> int | None:
        with self._lock:
            moment = time.monotonic()
            for place in list(self._free):
                del self._free[place]
                if moment - self._leased[place] < LEASE.total_seconds() - LEFT:
                    return place
                del self._leased[place]  # too old for another call: it falls free by itself
        return None

    def _lease(self) -> int | None:
        row = ProcessorPlace
        if not self._made:
            self._make()
        free = and_(row.processor == self._name, row.number <= self._at_once, row.until < now())
        if not self._any(free):
            return None
        with self._engine.begin() as connection:
            first = select(row.number).where(free).order_by(row.number).limit(1).with_for_update(skip_locked=True)
            number: int | None = connection.scalar(first)
            if number is not None:
                self._set(connection, [number], holder=self._me, until=now() + LEASE)
                self._leased[number] = time.monotonic()
        return number

    def _any(self, free: ColumnElement[bool]) -> bool:
        """Looking costs nobody anything; on SQLite the other way would queue up with all who write."""
        with self._engine.connect().execution_options(read_only=True) as connection:
            return connection.scalar(select(ProcessorPlace.number).where(free).limit(1)) is not None

    def _make(self) -> None:
        for number in range(1, self._at_once + 1):
            try:
                with self._engine.begin() as connection:
                    new = {"processor": self._name, "number": number, "holder": "", "until": EPOCH}
                    connection.execute(insert(ProcessorPlace).values(new))
            except IntegrityError:  # it is there already
                continue
        self._made = True

    def _return(self, places: list[int]) -> None:
        for place in places:
            self._leased.pop(place, None)
        try:
            with self._engine.begin() as connection:
                self._set(connection, places, holder="", until=EPOCH)
        except SQLAlchemyError:
            return  # they fall free by themselves

    def _set(self, connection: Any, numbers: list[int], **values: Any) -> None:
        row = ProcessorPlace
        mine = [] if values["holder"] else [row.holder == self._me]
        which = row.processor == self._name, row.number.in_(numbers), *mine
        connection.execute(update(row).where(*which).values(values))

    def _later(self) -> None:
        timer = threading.Timer(IDLE, self._tidy)
        timer.daemon = True
        timer.start()

    def _tidy(self) -> None:
        """Give back what nobody here has used for a while, until nothing is left."""
        with self._lock:
            moment = time.monotonic()
            idle = [place for place, used in self._free.items() if moment - used >= IDLE]
            for place in idle:
                del self._free[place]
            self._tidying = bool(self._free)
        if idle:
            self._return(idle)
        if self._tidying:
            self._later()


def _asked(question: Any, *args: Any) -> Any:
    """The answer of the database. Raises `Crowded` where there is none: nobody calls without being allowed to."""
    for _ in range(2):
        try:
            return question(*args)
        except IntegrityError:  # two made the row at once: now it is there
            continue
        except SQLAlchemyError:
            break
    raise Crowded("The database did not say whether we may call now")
