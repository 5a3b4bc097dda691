"""A worker as a process of its own, with handlers that tests can watch.

    python -m tests.outbox.process DATABASE_URL INSTANCE_DIR [NAME=VALUE …]

`test.slow` writes `begin` and `end` to the file `notes` of the instance, with NAP seconds in between. A lease is 2
seconds, and a hand looks for itself every LOOK seconds, 1 unless said.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from app import outbox
from app.letters import Draft, composer
from app.outbox import worker
from tests.conftest import make_app


def note(word: str) -> None:
    with Path(os.environ["NOTES"]).open("a") as notes:
        notes.write(f"{word} {os.getpid()}\n")


@outbox.handles("test.slow")
def slow(_ref: str) -> None:
    note("begin")
    time.sleep(float(os.environ["NAP"]))
    note("end")


def main() -> None:
    database, instance, *settings = sys.argv[1:]
    environ = dict(word.split("=", 1) for word in settings)
    os.environ.update({"NAP": "0", "NOTES": f"{instance}/notes", **environ})
    composer("test")(lambda _letter: Draft(subject="Hei", template="receipt_withdrawn", to="kari@example.no"))
    app = make_app(database, Path(instance), **{"HUEY_URL": "", **environ})  # the bell that others hear
    app.config["OUTBOX_LEASE"] = 2
    worker.LOOK = float(environ.get("LOOK", 1))
    worker.work(app)


if __name__ == "__main__":
    main()
