from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app import outbox
from app.extensions import db
from app.letters.models import Letter
from app.outbox.models import OutboxRow
from tests.outbox.process import Hired
from tests.support.processes import eventually

pytestmark = pytest.mark.slow


@pytest.fixture
def hire(app, database) -> Iterator[Callable[..., Hired]]:
    """hire(NAME=value): a worker process. None is left behind."""
    hired = []

    def start(**environ: str) -> Hired:
        hired.append(Hired(database, app.config["INSTANCE_DIR"], **environ))
        return hired[-1]

    yield start
    for process in hired:
        if process.running:
            process.kill()


@pytest.fixture
def notes(app) -> Callable[[], list[str]]:
    """notes(): what the handlers of the hired have noted, in order."""
    file = Path(app.config["INSTANCE_DIR"]) / "notes"
    return lambda: [line.split()[0] for line in file.read_text().splitlines()] if file.exists() else []


def done(app) -> bool:
    with app.app_context():
        rows = db.session.scalars(db.select(OutboxRow).where(OutboxRow.kind.startswith("test."))).all()
        return bool(rows) and all(row.done_at for row in rows)


@pytest.mark.settings(HUEY_URL="")  # the one that a service has by itself
def test_the_bell_is_heard_in_another_process_at_once(app, ask, hire, notes):
    ask("test.slow")
    hire(LOOK="60")
    eventually(lambda: done(app))
    time.sleep(1.5)  # now every hand has looked once, and will not look again by itself
    ask("test.slow")
    eventually(lambda: done(app), 3)
    assert notes() == ["begin", "end", "begin", "end"]


def test_many_workers_share_the_work_and_do_nothing_twice(app, ask, hire, notes):
    for number in range(30):
        ask("test.slow", number)
    for _ in range(3):
        hire(NAP="0.02")
    eventually(lambda: done(app), 30)
    assert notes().count("begin") == notes().count("end") == 30


def test_killed_in_the_middle_the_work_is_done_by_another_when_the_lease_is_up(app, ask, hire, notes):
    ask("test.slow")
    first = hire(NAP="60")
    eventually(lambda: notes() == ["begin"])
    first.kill()
    hire()
    eventually(lambda: done(app), 20)
    assert notes() == ["begin", "begin", "end"]


def test_killed_after_the_work_and_before_noting_it_the_work_is_done_again(app, ask, hire, notes):
    ask("test.slow")
    first = hire(SAMTYKKE_FAULT="outbox.handled")
    eventually(lambda: not first.running)
    assert first.gone(0) == -signal.SIGKILL, Path(app.config["INSTANCE_DIR"], "worker.log").read_text()
    hire()
    eventually(lambda: done(app), 20)
    assert notes() == ["begin", "end", "begin", "end"]


def test_work_that_takes_longer_than_a_lease_is_not_taken_over(app, ask, hire, notes):
    """The lease is 2 seconds here; the heart of the worker lengthens it."""
    ask("test.slow")
    hire(NAP="5")
    eventually(lambda: notes() == ["begin"])
    hire(NAP="5")
    eventually(lambda: done(app), 20)
    assert notes() == ["begin", "end"]


@pytest.mark.parametrize("word", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_finishes_what_it_has_in_hand(word, app, ask, hire, notes):
    ask("test.slow")
    worker = hire(NAP="1.5")
    eventually(lambda: notes() == ["begin"])
    worker.told(word)
    assert worker.gone(6) == 0
    assert notes() == ["begin", "end"]
    assert done(app)


def test_told_to_stop_it_gives_back_what_takes_too_long(app, ask, hire, notes):
    ask("test.slow")
    worker = hire(NAP="60")
    eventually(lambda: notes() == ["begin"])
    assert worker.stop(8) == 0
    with app.app_context():
        row = db.session.scalar(db.select(OutboxRow).where(OutboxRow.kind == "test.slow"))
        assert (row.claimed_until, row.attempts, row.error) == (None, 0, "The worker was stopped.")


def test_with_nothing_in_hand_it_stops_at_once(app, ask, hire):
    ask("test.slow")
    worker = hire()
    eventually(lambda: done(app))
    began = time.monotonic()
    assert worker.stop() == 0
    assert time.monotonic() - began < 3


def test_hueys_store_may_be_lost(app, ask, hire):
    """While nobody works the queue vanishes; later it vanishes under a running worker."""
    store = Path(app.config["INSTANCE_DIR"]) / "huey.db"
    app.config["HUEY_URL"] = f"sqlite:///{store}"
    ask("test.slow", 1)
    eventually(store.exists)
    lose(store)
    hire(HUEY_URL=app.config["HUEY_URL"])
    eventually(lambda: done(app), 20)
    lose(store)
    with app.app_context():
        outbox.enqueue("test.slow", 2)
        db.session.info.clear()  # not even a bell
        db.session.commit()
    eventually(lambda: done(app), 25)


def lose(store: Path) -> None:
    for file in store.parent.glob("huey.db*"):
        file.unlink()


def test_killed_between_the_mail_servers_yes_and_our_note_the_letter_is_the_same_letter(app, hire, letter_row, smtp):
    mail = f"smtp://127.0.0.1:{smtp.port}"
    first = hire(MAIL_URL=mail, SAMTYKKE_FAULT="letter.delivered")
    eventually(lambda: not first.running)
    assert len(smtp.letters) == 1
    assert letter_row().sent_at is None
    hire(MAIL_URL=mail)
    eventually(lambda: letter_row().sent_at, 20)
    assert [sent["Message-ID"] for sent in smtp.letters] == [letter_row().message_id] * 2
    assert smtp.letters[0].as_bytes() == smtp.letters[1].as_bytes()


@pytest.fixture
def letter_row(app):
    """letter_row(): a letter that waits to be sent, as its row stands."""
    from app import letters
    from app.contacts.models import Contact
    from app.sites.models import Company, Site

    with app.app_context():
        company = Company(slug="f", name="Fjordlys Interiør AS")
        db.session.add_all([company, Contact(address="kari@example.no")])
        db.session.flush()
        site = Site(slug="f", company_id=company.id, name="Fjordlys", origin="http://f")
        db.session.add(site)
        db.session.flush()
        contact = db.session.scalar(db.select(Contact))
        letters.write("test", contact=contact, site=site, lang="nb", refs={})
        db.session.commit()

    def read():
        with app.app_context():
            return db.session.scalar(db.select(Letter))

    return read
