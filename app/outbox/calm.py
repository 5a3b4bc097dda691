"""What Huey says of itself, in few words.

It tells of every look that failed, with its trace: a store that is away for an hour would fill the disk, and the text
of an error may hold what no log may.
"""

from __future__ import annotations

import logging
import sys
import time

QUIET = 60  # seconds before the same may be said again


class Calm(logging.Filter):
    """Lets the kind of a fault through, once a minute for each thing said."""

    def __init__(self) -> None:
        super().__init__()
        self._until: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[0]:
            record.msg = f"{record.msg} ({record.exc_info[0].__name__})"
            record.exc_info = record.exc_text = None
        said, moment = record.getMessage(), time.monotonic()
        if moment < self._until.get(said, 0):
            return False
        self._until[said] = moment + QUIET
        return True


def settle(logger: logging.Logger) -> None:
    """Warnings of this logger and those below it, calm. What came from the threads of one store is one thing said."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Calm())
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(logging.WARNING)
