"""No faster than Google allows, and not too many calls at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.processors.base import Crowded, Pace


class Limit:
    """A bucket of `burst` units that fills with `per_second`, and at most `at_once` calls under way, in this process.

    Whoever would wait longer than `patience` seconds is told to come back later instead, so that no worker sleeps.
    """

    def __init__(
        self,
        per_second: float,
        burst: float,
        at_once: int = 8,
        patience: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._rate, self._burst, self._patience = per_second, burst, patience
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(at_once)
        self._units, self._seen, self._promised = burst, clock(), 0.0
        self.shared: Pace | None = None  # where others take turns with us, theirs is the bucket that counts

    @contextmanager
    def turn(self, units: float = 1.0) -> Iterator[None]:
        """Wait for a place and the units. Raises `Crowded` where that would take too long."""
        if not self._places.acquire(timeout=self._patience):
            raise Crowded("Google is busy with calls of ours", self._patience)
        try:
            if self.shared:
                with self.shared.turn(units):
                    yield
            else:
                self._sleep(self._wait(units))
                yield
        finally:
            self._places.release()

    def _wait(self, units: float) -> float:
        """Take the units, perhaps before they are there, and return how long until they are."""
        with self._lock:
            now = self._clock()
            self._units = min(self._burst, self._units + (now - self._seen) * self._rate)
            self._seen = now
            wait = max(0.0, (units - self._units) / self._rate)
            if wait > self._patience:
                raise Crowded("Google's limit is reached for now", self._later(now, wait, units))
            self._units -= units
            return wait

    def _later(self, now: float, wait: float, units: float) -> float:
        """Seconds after which to come back: behind whoever was sent away before, so that a crowd returns in line."""
        self._promised = max(self._promised + units / self._rate, now + wait)
        return self._promised - now
