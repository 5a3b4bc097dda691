"""What the web server runs: `granian --interface wsgi wsgi:app`."""

import sys

from app import create_app
from app.config import Misconfigured

try:
    app = create_app()
except Misconfigured as problem:
    sys.exit(f"Samtykke does not start: {problem}")
