"""Two things at once, with threads that each wait for the other at the one moment that matters."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from tests.privacy.conftest import world

__all__ = ["Gate", "world"]


class Gate:
    """One side reaches it and waits there until the other side has done its part."""

    def __init__(self) -> None:
        self._reached, self._open = threading.Event(), threading.Event()

    def stop_here(self) -> None:
        self._reached.set()
        assert self._open.wait(30)

    def meanwhile(self, one: Callable[[], Any], other: Callable[[], Any]) -> None:
        """`one` runs until it stops at the gate, then all of `other`, then the rest of `one`."""
        thread = threading.Thread(target=one, name="one")
        thread.start()
        try:
            assert self._reached.wait(30)
            other()
        finally:
            self._open.set()
            thread.join(30)
