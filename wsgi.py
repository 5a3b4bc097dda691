"""What the web server runs: `granian --interface wsgi wsgi:app`."""

import sys

from app import create_app
from app.config import Misconfigured

# Threads take turns at the interpreter lock every millisecond, not every five: who is stored is answered sooner.
sys.setswitchinterval(0.001)

try:
    app = create_app()
except Misconfigured as problem:
    sys.exit(f"Samtykke does not start: {problem}")
