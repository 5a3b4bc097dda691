"""How often something happened lately, counted in this process: rates, repeated texts, tokens used again."""

from __future__ import annotations

from collections.abc import Hashable
from threading import Lock
from time import monotonic


class Tally:
    """Counts by key over a rolling window, as the sum of this window and what is left of the one before."""

    def __init__(self, seconds: float, room: int = 100_000) -> None:
        self._seconds, self._room = seconds, room
        self._now: dict[Hashable, int] = {}
        self._before: dict[Hashable, int] = {}
        self._began = monotonic()
        self._lock = Lock()

    def hit(self, key: Hashable) -> int:
        """Count once more; returns how often in the window, this time included."""
        with self._lock:
            passed = self._turn()
            count = self._now.get(key, 0) + 1
            self._now[key] = count
            return count + int(self._before.get(key, 0) * (1 - passed))

    def _turn(self) -> float:
        """Begin a new window when this one is over or full; returns how much of it has passed, from 0 to 1."""
        passed = (monotonic() - self._began) / self._seconds
        if passed >= 1 or len(self._now) >= self._room:
            self._before = self._now if passed < 2 else {}
            self._now, self._began, passed = {}, monotonic(), 0.0
        return passed
