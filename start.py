"""What `make run` runs: everything in the Procfile, in one terminal, until Ctrl-C or until the terminal closes.

honcho knows Ctrl-C. A terminal that closes sends SIGHUP and takes no more output; honcho would die of either and leave
the web server and the worker behind.
"""

from __future__ import annotations

import io
import multiprocessing
import signal
import sys
from contextlib import suppress

from honcho.command import main


class Screen(io.TextIOWrapper):
    """Standard output that may go away."""

    def write(self, text: str) -> int:
        with suppress(OSError):
            return super().write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            super().flush()


if __name__ == "__main__":
    multiprocessing.set_start_method("fork")  # honcho's own processes then take SIGHUP as this one does
    signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
    sys.stdout = Screen(sys.stdout.buffer, sys.stdout.encoding, line_buffering=True)
    sys.argv = ["honcho", "start"]
    main()
