"""One WordPress: its files, its database, its server, and the letters it sends."""

from __future__ import annotations

import contextlib
import email
import email.policy
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import requests

from tests.support import folders
from tests.support.processes import Process, free_port
from tests.support.wordpress import fetch, releases

HERE = Path(__file__).parent
PLUGIN = Path(__file__).resolve().parents[3] / "wordpress" / "samtykke"
KEYS = {"first": "a-first-secret-for-tests-only-0123456789", "second": "a-second-secret-for-tests-only-012345678"}
BOSS = {"log": "boss", "pwd": "boss-password-1"}  # the administrator who opens the settings page
LEFT_OUT = {"wp-config.php", ".htaccess", "languages"}
WORKERS = "4"  # one would wait for itself when a page asks the site for another


class Site:
    """Starts with a fresh installation; `reset` goes back to it in milliseconds."""

    def __init__(self, stack: releases.Stack | None = None) -> None:
        """On this machine's PHP and WordPress, or on those of `stack`."""
        self._stack = stack or releases.stack()
        on_disk = None if self._stack.native else tempfile.mkdtemp(prefix="site-", dir=fetch.CACHE)
        self.root = Path(on_disk) if on_disk else folders.fast("wordpress")
        self.folder, self.letters, self._compiled = (self.root / name for name in ("site", "letters", "compiled"))
        self.url = f"http://127.0.0.1:{free_port()}"
        self._database = self.folder / "wp-content/database/wp.sqlite"
        try:
            self._copy()
            self.versions: dict[str, str] = json.loads(self._php("install.php"))
            shutil.copyfile(self._database, self.root / "fresh.sqlite")
            self._server = self._serve()
        except BaseException:
            shutil.rmtree(self.root, ignore_errors=True)
            raise

    def stop(self) -> None:
        self._server.kill()  # the whole group: PHP's workers outlive their parent
        shutil.rmtree(self.root, ignore_errors=True)

    def reset(self) -> None:
        """As after the installation, with both keys in wp-config.php and no letters."""
        fresh = sqlite3.connect(self.root / "fresh.sqlite")
        with contextlib.closing(fresh), self.database() as database:
            fresh.backup(database)
        for letter in self.letters.iterdir():
            letter.unlink()
        self.set_keys(KEYS)

    def set_keys(self, keys: Mapping[str, str] | None) -> None:
        """The keys in wp-config.php; None leaves that to the settings page."""
        file = self.folder / "keys.json"
        file.unlink(missing_ok=True)
        if keys is not None:
            file.write_text(json.dumps(keys))

    @contextlib.contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        """The tables themselves. Commits at the end."""
        with contextlib.closing(sqlite3.connect(self._database, timeout=10)) as connection:
            yield connection
            connection.commit()

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.database() as database:
            return database.execute(statement, values).fetchall()

    def raw(self, word: str) -> bytes:
        """Every row of every table that names somebody, as it is stored."""
        found = []
        with self.database() as database:
            tables = database.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'wp\\_%' ESCAPE '\\'"
            )
            for (table,) in sorted(tables.fetchall()):
                rows = database.execute(f'SELECT * FROM "{table}"').fetchall()
                found += [f"{table}: {row!r}" for row in rows if word.lower() in repr(row).lower()]
        return "\n".join(found).encode()

    def php(self, code: str) -> Any:
        """What PHP code inside WordPress returns, run as on an admin page."""
        return json.loads(self._php("run.php", code).rpartition("\n")[2])

    def sent(self) -> list[EmailMessage]:
        """Letters that WordPress has sent since the reset."""
        files = sorted(self.letters.iterdir())
        return [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]  # type: ignore[misc]

    def signed_in(self) -> requests.Session:
        """A browser's session of the administrator."""
        session = requests.Session()
        session.get(f"{self.url}/wp-login.php", timeout=20)
        answer = session.post(f"{self.url}/wp-login.php", data={**BOSS, "testcookie": "1"}, timeout=20)
        assert "wordpress_logged_in" in str(session.cookies), answer.text[:500]
        return session

    def log(self) -> str:
        """What PHP complained about in our own plugin."""
        file = self.folder / "debug.log"
        lines = file.read_text().splitlines() if file.exists() else []
        return "\n".join(line for line in lines if "plugins/samtykke" in line)

    def _copy(self) -> None:
        """WordPress without other people's languages, the drop-in, our plugin as it lies there, and a plain theme."""
        shutil.copytree(self._stack.wordpress, self.folder, ignore=_skipped)
        content = self.folder / "wp-content"
        for name in ("plugins", "themes/plain", "mu-plugins", "database"):
            (content / name).mkdir(parents=True, exist_ok=True)
        shutil.copytree(fetch.DROP_IN, content / "plugins/sqlite-database-integration")
        shutil.copyfile(fetch.DROP_IN / "db.copy", content / "db.php")
        shutil.copytree(PLUGIN, content / "plugins/samtykke")
        shutil.copyfile(HERE / "wp-config.php", self.folder / "wp-config.php")
        shutil.copyfile(HERE / "liars.php", content / "mu-plugins/liars.php")
        (content / "themes/plain/style.css").write_text("/* Theme Name: Plain */")
        shutil.copyfile(HERE / "theme.php", content / "themes/plain/index.php")
        self.letters.mkdir()
        self._compiled.mkdir()

    def _environ(self) -> dict[str, str]:
        return {**os.environ, "WP_URL": self.url, "PHP_CLI_SERVER_WORKERS": WORKERS}

    def _options(self) -> list[str]:
        mail = f"sh {HERE / 'sendmail.sh'} {self.letters}"
        options = ["-d", f"sendmail_path={mail}", "-d", "display_errors=stderr"]
        # To compile WordPress is four fifths of what it takes to run a line in it.
        return [*options, "-d", f"opcache.file_cache={self._compiled}"] if self._stack.native else options

    def _php(self, script: str, *words: str) -> str:
        command = [*self._stack.php, *self._options(), str(HERE / script), str(self.folder), *words]
        done = subprocess.run(command, env=self._environ(), capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def _serve(self) -> Process:
        address = self.url.removeprefix("http://")
        command = [*self._stack.php, *self._options(), "-S", address, "-t", str(self.folder)]
        server = Process(command, self._environ(), self.root / "server.log")
        until = time.monotonic() + 20
        while time.monotonic() < until and server.running:
            with contextlib.suppress(requests.ConnectionError):
                requests.get(f"{self.url}/wp-login.php", timeout=20)
                return server
            time.sleep(0.05)
        raise RuntimeError((self.root / "server.log").read_text()[-2000:])


def _skipped(folder: str, names: list[str]) -> set[str]:
    """Links that lead nowhere too: of those, copytree itself would also leave out the relative ones that lead on."""
    return LEFT_OUT.intersection(names) | {name for name in names if not (Path(folder) / name).exists()}
