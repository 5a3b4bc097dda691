"""Places where a test may kill the process, to see that nothing is lost. Production has none: `config` sees to it."""

from __future__ import annotations

import os
import signal

from flask import current_app


def fault(point: str) -> None:
    """Die here, at once and without farewell, when the setting FAULT names this point."""
    if current_app.config["FAULT"] == point:
        os.kill(os.getpid(), signal.SIGKILL)
