"""A worker as a process of its own, with handlers that tests can watch.

`test.slow` writes `begin` and `end` to the file `notes` of the instance, with NAP seconds in between. A lease is 2
seconds, and a hand looks for itself every LOOK seconds, 1 unless said.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from pathlib import Path

from app import outbox
from app.letters import Draft, composer
from app.outbox import registry, worker
from tests.conftest import make_app

# To start Python and read our code takes longer than most workers live: each is forked from one that has done so.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])


def note(word: str) -> None:
    with Path(os.environ["NOTES"]).open("a") as notes:
        notes.write(f"{word} {os.getpid()}\n")


def slow(_ref: str) -> None:
    note("begin")
    time.sleep(float(os.environ["NAP"]))
    note("end")


class Hired:
    """A worker at this database. What it prints goes to the file `worker.log` of the instance."""

    def __init__(self, database: str, instance: str, **environ: str) -> None:
        self._process = FORKS.Process(target=_work, args=(database, instance, environ), daemon=True)
        self._process.start()

    @property
    def running(self) -> bool:
        return self._process.is_alive()

    def told(self, word: signal.Signals) -> None:
        os.kill(self._process.pid or 0, word)

    def kill(self) -> None:
        self._process.kill()
        self._process.join(10)

    def stop(self, seconds: float = 15) -> int | None:
        """SIGTERM, then its exit code; None when it does not go in time."""
        self.told(signal.SIGTERM)
        return self.gone(seconds)

    def gone(self, seconds: float) -> int | None:
        self._process.join(seconds)
        return self._process.exitcode


def _work(database: str, instance: str, environ: dict[str, str]) -> None:
    with Path(instance, "worker.log").open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    os.environ.update({"NAP": "0", "NOTES": f"{instance}/notes", **environ})
    outbox.handles("test.slow")(slow)  # known to no other process
    composer("test")(lambda _letter: Draft(subject="Hei", template="receipt_withdrawn", to="kari@example.no"))
    app = make_app(database, Path(instance), **{"HUEY_URL": "", **environ})  # the bell that others hear
    registry.CLOCK.clear()  # or a fault would strike in the midst of what the clock has asked for
    app.config["OUTBOX_LEASE"] = 2
    worker.LOOK = float(environ.get("LOOK", 1))
    worker.work(app)
