"""What every test may ask for.

    app         a Flask app on a fresh, migrated database (sqlite, postgres or both: `--database`)
    client      its test client; open a context of your own for the database: `with app.app_context(): ...`
    demo        the demo company, site and forms are loaded; the value names its staff user
    worker      worker() does everything that is due and returns how many pieces of work it did
    mailbox     letters sent so far: mailbox.to(kari), mailbox.link("/confirm/", to=kari)
    kari, ola   the subscriber, and the one who must be left alone
    live        web server and worker as real processes with a database of their own, demo loaded; killable
    page        a page of a real browser (mark the test `browser`); what it complains about fails the test
    axe         axe(page) fails when axe finds anything
    emulate, google_server      Gmail, see tests/support/gmail.py

`@pytest.mark.settings(NAME="value")` changes the environment the app is made from. An app context must never be held
around several requests of a client: Flask would share `g` between them and Flask-Babel would keep the first language.
"""

from __future__ import annotations

import gc
import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import randrange
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from hypothesis import settings
from sqlalchemy import create_engine, text

from app import create_app
from app.extensions import db
from tests.support import browser as browsers
from tests.support import compiled, folders, postgres, reused, translations
from tests.support.mailbox import Mailbox
from tests.support.processes import Live, free_port

pytest_plugins = ["tests.support.gmail"]

KARI = "kari@example.no"
OLA = "ola@example.no"
SECRET = "a-secret-for-tests-only-0123456789abcdef"

settings.register_profile("house", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("house")


# How a run is chosen, and what it says at its end


def pytest_addoption(parser: pytest.Parser) -> None:
    chosen = os.environ.get("SAMTYKKE_TEST_DATABASE", "sqlite")
    parser.addoption("--database", choices=("sqlite", "postgres", "both"), default=chosen)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: needs chromium")
    config.addinivalue_line("markers", "slow: takes more than a few seconds")
    config.addinivalue_line("markers", "one_database: slow, and the same whichever database is behind it")
    config.addinivalue_line("markers", "settings(**environ): environment the app of this test is made from")
    gc.disable()  # until everything is collected: none of it ever becomes garbage
    if not hasattr(config, "workerinput"):
        translations.compile_stale()
        folders.use_memory()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_kind" in metafunc.fixturenames:
        metafunc.parametrize("database_kind", kinds(metafunc), indirect=True, scope="session")


def kinds(metafunc: pytest.Metafunc) -> list[str]:
    chosen = metafunc.config.getoption("--database")
    if chosen != "both":
        return [chosen]
    # A page looks the same whichever database is behind it, and a browser is slow.
    once = any(metafunc.definition.get_closest_marker(name) for name in ("browser", "one_database"))
    return ["sqlite"] if once else ["sqlite", "postgres"]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # What takes long comes first on each database, so that in the end no process waits for another's last test.
    items.sort(
        key=lambda item: (kind_of(item) == "postgres", not any(map(item.get_closest_marker, ("slow", "browser"))))
    )
    for item in items:
        kind = kind_of(item)
        for need, missing in (("browser", browsers.missing()), ("postgres", postgres.missing())):
            if missing and (kind == need or item.get_closest_marker(need)):
                item.add_marker(pytest.mark.skip(reason=missing))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    gc.freeze()  # to look through what no test lets go of took a twentieth of all the time
    gc.enable()


def kind_of(item: pytest.Item) -> str | None:
    """The kind of database that a test is to run on, if on any."""
    return item.callspec.params.get("database_kind") if hasattr(item, "callspec") else None


def pytest_sessionfinish() -> None:
    gc.collect()
    gc.freeze()  # at its end pytest collects five times over, and finds no more the second time


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Nothing is left out silently: which tests did not run, and why."""
    left_out: dict[str, list[str]] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        left_out.setdefault(reason.removeprefix("Skipped: "), []).append(report.nodeid)
    for reason, tests in left_out.items():
        terminalreporter.section(f"{len(tests)} not run: {reason}", sep="-")
        terminalreporter.write_line("\n".join(tests))


# The database


@dataclass
class Store:
    """A kind of database that can make a fresh copy of a prepared one."""

    folder: Path
    server: postgres.Server | None
    reused: reused.Reused | None = None

    def fresh(self, name: str, template: str | None = None) -> str:
        """The URL of a new database: empty, or a copy of the one called `template`."""
        if self.server:
            return self.server.create(name, template or "template0")
        if template:
            shutil.copyfile(self.folder / f"{template}.db", self.folder / f"{name}.db")
        return f"sqlite:///{self.folder}/{name}.db"

    def drop(self, name: str) -> None:
        if self.server:
            self.server.drop(name)
        for file in self.folder.glob(f"{name}.db*"):
            file.unlink()


@pytest.fixture(scope="session")
def database_kind(request: pytest.FixtureRequest) -> str:
    """`sqlite` or `postgres`."""
    kind: str = request.param
    return kind


@pytest.fixture(scope="session")
def store(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Holds two templates: `migrated`, and `demo` with the demo company."""
    server = postgres.Server() if database_kind == "postgres" else None
    store = Store(folders.fast("db"), server)
    migrate_and_load(store, tmp_path_factory.mktemp("template"))
    yield store
    shutil.rmtree(store.folder)
    if server:
        server.stop()


def migrate_and_load(store: Store, instance: Path) -> None:
    app = make_app(store.fresh("migrated"), instance)
    with app.app_context():
        upgrade()
        compiled.lead(db.engine)
    close(app)
    url = store.fresh("demo", "migrated")
    if store.server:
        reused.keep(store.server, "demo", "migrated")
    app = make_app(url, instance)
    done = app.test_cli_runner().invoke(args=["demo", "load"])
    assert done.exit_code == 0, done.output
    (store.folder / "demo.txt").write_text(done.output)
    close(app)
    if store.server:
        reused.keep(store.server, "demo", "demo")
        store.reused = reused.Reused(store.server, "demo")
        reused.forget(store.server, "demo")


@pytest.fixture
def database(store: Store, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a migrated database that only this test uses."""
    moment, name = "demo" if "demo" in request.fixturenames else "migrated", f"t{uuid4().hex}"
    if store.reused:
        yield store.reused.as_when(moment)
        return
    yield store.fresh(name, moment)
    store.drop(name)


# The application


def environment(database: str, instance: Path) -> dict[str, str]:
    """Settings for a service under test."""
    return {
        "SAMTYKKE_ENV": "development",
        "SECRET_KEY": SECRET,
        "BASE_URL": "http://localhost",
        "DATABASE_URL": database,
        "INSTANCE_DIR": str(instance),
        "LOGIN_LIMIT": "1000 per minute",
    }


# Passwords cost a tenth of a second each, on purpose. Hundreds of tests sign in.
CHEAP = {"SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": {"argon2__time_cost": 1, "argon2__memory_cost": 64}}


def make_app(database: str, instance: Path, **environ: str) -> Flask:
    settings = {**environment(database, instance), "HUEY_URL": "memory://", **environ}
    with compiled.Routes.of(settings["SAMTYKKE_ENV"]):
        app = create_app(settings, TESTING=True, **CHEAP)
    compiled.share(app)
    return app


def close(app: Flask) -> None:
    """Let go of the database, so that its file can be copied or removed."""
    if writer := app.extensions.get("submission_writer"):
        writer.stop()  # PostgreSQL would look only ten times a second whether a connection that is cut off has gone
    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            if engine.dialect.name == "sqlite" and engine.url.database and Path(engine.url.database).exists():
                with sqlite3.connect(engine.url.database) as connection:
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.close()
            if not reused.lends(engine):
                engine.dispose()


@pytest.fixture
def app(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Flask]:
    app = make_app(database, tmp_path / "instance", **marked(request))
    yield app
    close(app)


def marked(request: pytest.FixtureRequest) -> dict[str, str]:
    """The settings that the marks of a test name; the nearest mark wins."""
    marks = [mark.kwargs for mark in reversed(list(request.node.iter_markers("settings")))]
    return {name: value for kwargs in marks for name, value in kwargs.items()}


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@dataclass(frozen=True)
class Demo:
    """What `flask demo load` said: the staff user it made."""

    output: str

    @property
    def email(self) -> str:
        return self._said[1]

    @property
    def password(self) -> str:
        return self._said[2]

    @property
    def _said(self) -> re.Match[str]:
        said = re.search(r"Staff user: (\S+) +password: (\S+)", self.output)
        assert said, self.output
        return said


@pytest.fixture
def demo(app: Flask, store: Store) -> Demo:
    return Demo((store.folder / "demo.txt").read_text())


@pytest.fixture
def worker(app: Flask) -> Callable[[], int]:
    """worker() works off the outbox until nothing is due."""

    def drain() -> int:
        from app import outbox

        with app.app_context():
            count: int = outbox.drain()
            return count

    return drain


@pytest.fixture
def mailbox(app: Flask) -> Iterator[Mailbox]:
    """Whatever a test is about, each letter that was sent in it to a person can be left by."""
    box = Mailbox(Path(app.config["MAIL_URL"].removeprefix("file:")))
    yield box
    assert not box.without_a_way_out()


@pytest.fixture
def kari() -> str:
    return KARI


@pytest.fixture
def ola() -> str:
    return OLA


# Real processes and a real browser


@pytest.fixture
def live(store: Store, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Live]:
    """The service as it runs, for this test alone. Stops within 15 seconds or fails."""
    name = f"t{uuid4().hex}"
    live = make_live(store, name, tmp_path, **marked(request)).start()
    yield live
    live.stop()
    store.drop(name)


@pytest.fixture(scope="session")
def shared_live(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The service as it runs, for all tests that can live with what others left behind."""
    live = make_live(store, "shared", tmp_path_factory.mktemp("shared"), TRUSTED_PROXIES="1").start()
    yield live
    live.stop()


def make_live(store: Store, name: str, folder: Path, **environ: str) -> Live:
    """Its database is a copy of the one with the demo company, whose website is then where this service is."""
    url, base = store.fresh(name, "demo"), f"http://127.0.0.1:{free_port()}"
    (folder / "instance").mkdir()
    live = Live(folder, {**environment(url, folder / "instance"), "BASE_URL": base, **environ})
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE site SET origin = :base"), {"base": live.url})
    engine.dispose()
    live.demo = Demo((store.folder / "demo.txt").read_text())
    return live


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    with browsers.started() as browser:
        yield browser


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    # Every visitor from a network of her own: ten letters an hour is all that one may cause.
    network = f"10.{randrange(256)}.{randrange(256)}.7"
    context = browser.new_context(locale="nb-NO", extra_http_headers={"X-Forwarded-For": network})
    page = context.new_page()
    watch = browsers.Watch(page)
    yield page
    context.close()
    assert not watch.complaints, "\n".join(watch.complaints)


@pytest.fixture
def axe() -> Callable[..., None]:
    return browsers.check_accessible
