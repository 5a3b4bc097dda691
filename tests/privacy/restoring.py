"""PostgreSQL as it is run in earnest: its write-ahead log is archived, and a lost server is brought back to a moment.

https://www.postgresql.org/docs/18/continuous-archiving.html
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import psycopg

from tests.support import postgres
from tests.support.processes import eventually

QUICK = ("fsync=off", "synchronous_commit=off", "max_connections=50")


class _Copy(postgres.Server):
    """A server that begins with the data of another, and with its programs."""

    first: postgres.Server

    def _binaries(self) -> Path:
        return self.first._install

    def _initdb(self) -> None:
        for folder in (self.data, self.archive):
            folder.mkdir()
            if self._as:
                os.chown(folder, self._as["user"], self._as["group"])

    def _base_backup(self, server: postgres.Server, folder: Path) -> None:
        command = [self.first._install / "bin/pg_basebackup", "-D", folder, "-h", "127.0.0.1", "-p", str(server.port)]
        subprocess.run([*command, "-U", "postgres", "-c", "fast", "-N"], check=True, cwd="/", **self._as)

    def close(self) -> None:
        self.stop()

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def archive(self) -> Path:
        return self.root / "archive"


class Archiving(_Copy):
    """Archives what it writes."""

    def __init__(self, first: postgres.Server) -> None:
        self.first = first
        super().__init__(QUICK)

    def _initdb(self) -> None:
        super()._initdb()
        self._base_backup(self.first, self.data / "pg")

    def _start(self, settings: tuple[str, ...]) -> subprocess.Popen[bytes]:
        place = f"{self.archive}/%f"
        command = f"archive_command=cp %p {place}.part && mv {place}.part {place}"  # whole, or not there
        return super()._start((*settings, "archive_mode=on", command))

    @property
    def base(self) -> Path:
        return self.data / "base"

    def back_up(self) -> None:
        """The base that archived segments are put on top of."""
        self._base_backup(self, self.base)

    def moment(self, name: str) -> None:
        """One to which a server may be brought back."""
        self.execute(f"SELECT pg_create_restore_point('{name}')")

    def burns_down(self) -> None:
        """Whatever it wrote has been archived by then."""
        with psycopg.connect(self.url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
            segment = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
        assert segment
        eventually((self.archive / segment[0]).exists)
        self.pause()


class Recovered(_Copy):
    """The base, and the archive on top of it up to a moment."""

    def __init__(self, lost: Archiving, moment: str) -> None:
        self.first, self._lost, self._moment = lost.first, lost, moment
        super().__init__(QUICK)

    def _initdb(self) -> None:
        super()._initdb()
        self._lost.base.rename(self.data / "pg")
        (self.data / "pg/recovery.signal").touch()

    def _start(self, settings: tuple[str, ...]) -> subprocess.Popen[bytes]:
        source, target = f"restore_command=cp {self._lost.archive}/%f %p", f"recovery_target_name={self._moment}"
        return super()._start((*settings, source, target, "recovery_target_action=promote", "hot_standby=off"))
