"""The service as real processes: web server and worker, each killable, on a port and in a folder of their own."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from flask import Flask

from app import create_app
from app.extensions import db
from tests.support.mailbox import Mailbox

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class Process:
    """A program in a process group of its own, so that `kill` takes its children along. Its output goes to a file."""

    def __init__(self, command: list[str], environ: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environ,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    @property
    def running(self) -> bool:
        return self._popen.poll() is None

    def kill(self) -> None:
        """SIGKILL for the whole group: nothing gets to say goodbye."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait(10)

    def stop(self, seconds: float = 15) -> int:
        """SIGTERM, then wait; returns the exit code. Whoever does not go in time is killed, and that is an error."""
        with contextlib.suppress(ProcessLookupError):
            self._popen.send_signal(signal.SIGTERM)
        try:
            return self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"did not stop within {seconds} s: {self.output()[-2000:]}") from None

    def output(self) -> str:
        return self.log.read_text(errors="replace")


class Live:
    """One running service. `web` and `worker` are processes; `kill_*` is kill -9, `start_*` brings them back."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        self.port = int(environ["BASE_URL"].rsplit(":", 1)[1])
        self.url = environ["BASE_URL"]
        self.folder = folder
        self.environ = {**_clean(os.environ), **environ}
        self.mailbox = Mailbox(Path(environ["INSTANCE_DIR"]) / "mail")
        self.demo: Any = None  # what the demo company printed, where it is loaded
        self.web: Process | None = None
        self.worker: Process | None = None
        self._app: Flask | None = None
        self._app_environ: dict[str, str] = {}

    def start(self, worker: bool = True) -> Live:
        self.start_web()
        if worker:
            self.start_worker()
        return self

    def start_web(self, **environ: str) -> None:
        server = [str(BIN / "granian"), "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port)]
        threads = ["--workers", "1", "--blocking-threads", "8", "--no-ws"]
        self.web = Process([*server, *threads, "wsgi:app"], {**self.environ, **environ}, self.folder / "web.log")
        self._wait_until_alive()

    def start_worker(self, **environ: str) -> None:
        self.worker = Process(self._flask("worker"), {**self.environ, **environ}, self.folder / "worker.log")

    def kill_web(self) -> None:
        if self.web:
            self.web.kill()

    def kill_worker(self) -> None:
        if self.worker:
            self.worker.kill()

    def stop(self) -> None:
        """Stop in order; both must go by themselves."""
        self._let_go()
        for process in (self.worker, self.web):
            if process and process.running:
                process.stop()

    def flask(self, *words: str) -> str:
        """What `flask WORDS` prints in this service's settings. Run here: to start Python takes more than a second."""
        if self._app is None or self._app_environ != self.environ:
            self._let_go()
            self._app, self._app_environ = create_app(self.environ), dict(self.environ)
        done = self._app.test_cli_runner().invoke(args=list(words))
        assert done.exit_code == 0, (done.output, done.exception)
        return str(done.stdout)

    def _let_go(self) -> None:
        """Of the connections that commands have left open."""
        if self._app is not None:
            with self._app.app_context():
                db.engine.dispose()

    @staticmethod
    def _flask(*words: str) -> list[str]:
        return [sys.executable, "-m", "flask", "--app", "wsgi", *words]

    def _wait_until_alive(self, seconds: float = 20) -> None:
        until = time.monotonic() + seconds
        while True:
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                urllib.request.urlopen(f"{self.url}/healthz", timeout=2).close()
                return
            assert self.web and self.web.running, self.web and self.web.output()[-3000:]
            assert time.monotonic() < until, f"no answer after {seconds} s: {self.web.output()[-3000:]}"
            time.sleep(0.05)


def _clean(environ: os._Environ[str]) -> dict[str, str]:
    """What a program needs to run, and none of our settings that the caller's shell may hold."""
    return {name: environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in environ}


def eventually(look, seconds: float = 30, every: float = 0.05):  # type: ignore[no-untyped-def]
    """The first truthy answer of `look()`; fails when none came in time. For what another process does."""
    until = time.monotonic() + seconds
    while True:
        if answer := look():
            return answer
        assert time.monotonic() < until, f"still not true after {seconds} s"
        time.sleep(every)
