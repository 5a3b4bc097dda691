from __future__ import annotations

import time
from threading import Event

import pytest
from flask import Flask

from app import crypto, outbox
from app.config import Misconfigured
from app.extensions import db
from app.outbox.doorbell import Doorbell
from tests.support.processes import eventually


@pytest.fixture
def rings(app, monkeypatch):
    """How often the bell was rung."""
    heard = []
    monkeypatch.setattr(app.extensions["outbox"].bell, "ring", lambda: heard.append(True))
    return heard


def test_rings_after_the_commit_and_not_before(app, rings):
    with app.app_context():
        outbox.enqueue("letter.send", 1)
        db.session.flush()
        assert rings == []
        db.session.commit()
        assert rings == [True]


def test_a_commit_without_work_is_silent(app, rings):
    with app.app_context():
        db.session.execute(db.text("SELECT 1"))
        db.session.commit()
    assert rings == []


def test_what_was_rolled_back_is_silent_later_too(app, rings):
    with app.app_context():
        outbox.enqueue("letter.send", 1)
        db.session.rollback()
        db.session.execute(db.text("SELECT 1"))
        db.session.commit()
    assert rings == []


def test_a_savepoint_is_not_a_commit(app, rings):
    with app.app_context():
        with db.session.begin_nested():
            outbox.enqueue("letter.send", 1)
        assert rings == []
        db.session.commit()
        assert rings == [True]


def test_work_asked_for_before_a_savepoint_that_is_rolled_back_is_still_rung_for(app, rings):
    with app.app_context():
        outbox.enqueue("letter.send", 1)
        db.session.begin_nested().rollback()
        db.session.commit()
        assert rings == [True]


def test_many_calls_become_few_rings_and_the_last_one_is_heard():
    put = []
    bell = Doorbell(lambda: put.append(time.monotonic()))
    for _ in range(200):
        bell.ring()
        time.sleep(0.001)
    last = time.monotonic()
    eventually(lambda: put[-1] >= last - 0.01)
    assert len(put) < 20


def test_a_caller_never_waits_for_the_queue():
    door = Event()
    bell = Doorbell(lambda: door.wait(10))
    began = time.monotonic()
    bell.ring()
    bell.ring()
    assert time.monotonic() - began < 1
    door.set()


def test_a_queue_that_is_away_breaks_nothing():
    tries = []

    def put():
        tries.append(True)
        raise OSError

    bell = Doorbell(put)
    bell.ring()
    eventually(lambda: len(tries) == 1)
    bell.ring()
    eventually(lambda: len(tries) == 2)


def test_one_unanswered_ring_is_enough(app):
    queue = app.extensions["outbox"].queue
    for _ in range(3):
        queue.put()
    assert queue.huey.pending_count() == 1


def test_a_ring_is_answered_by_doing_what_is_due(app, ask, does, rows):
    does("test.note", lambda _ref: None)
    queue = app.extensions["outbox"].queue
    queue.huey.flush()
    ask("test.note")
    queue.put()
    queue.huey.execute(queue.huey.dequeue())
    assert rows()[0].done_at


def test_a_ring_that_somebody_forged_is_not_read(app):
    """Huey's messages are pickles."""
    queue = app.extensions["outbox"].queue
    queue.huey.flush()
    queue.put()
    data = bytes(queue.huey.storage.dequeue())
    queue.huey.storage.enqueue(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(ValueError, match="mismatch"):
        queue.huey.dequeue()


def test_the_store_is_the_one_that_huey_url_names(app, store, tmp_path):
    kinds = {f"sqlite:///{tmp_path}/deep/huey.db": "SqliteHuey", "memory://": "MemoryHuey"}
    if store.server:
        kinds[store.server.create("huey")] = "PostgresHuey"
    for url, kind in kinds.items():
        app.config["HUEY_URL"] = url
        queue = outbox.Queue(app)
        queue.put()
        assert type(queue.huey).__name__ == kind
        assert queue.huey.pending_count() == 1
        queue.huey.storage.close()


@pytest.mark.parametrize("url", ["", "huey.db", "mysql://x/y", "redis://localhost:6379/0"])
def test_a_store_that_cannot_be_used_is_named(url):
    app = Flask("test")
    app.config.update(HUEY_URL=url, SECRET_KEY="k" * 32, SECRET_KEYS_OLD=[], WORKERS=1)
    crypto.init_app(app)
    with pytest.raises(Misconfigured, match="HUEY_URL") as refused:
        outbox.Queue(app)
    assert ("pip install redis" in str(refused.value)) == url.startswith("redis")
