"""What the web server runs: `granian --interface wsgi wsgi:app`."""

import gc
import sys

# What is imported stays as long as the process lives: looking for garbage in it takes a sixth of the start, and
# later time at every collection.
gc.disable()

from app import create_app  # noqa: E402
from app.config import Misconfigured  # noqa: E402

# Threads take turns at the interpreter lock every millisecond, not every five: who is stored is answered sooner.
sys.setswitchinterval(0.001)

try:
    app = create_app()
except Misconfigured as problem:
    sys.exit(f"Samtykke does not start: {problem}")

gc.freeze()
gc.enable()
