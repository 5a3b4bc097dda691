"""Whoever waits for SQLite's one writer gets the turn next, however busy the other is."""

import os
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from app import turn
from app.extensions import db
from app.turn import Turn

HOG = """
import sys, time
from app.turn import Turn
turn, until, count = Turn(sys.argv[1]), time.monotonic() + 2, 0
print("ready", flush=True)
while time.monotonic() < until:
    turn.take(); time.sleep(0.002); turn.give_back(); count += 1
print(count)
"""


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "samtykke.db")


def test_one_at_a_time(path: str) -> None:
    inside, most = [0], [0]

    def work() -> None:
        ticket = Turn(path)
        for _ in range(20):
            ticket.take()
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            time.sleep(0.0005)
            inside[0] -= 1
            ticket.give_back()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_a_process_that_writes_all_the_time_does_not_keep_another_out(path: str) -> None:
    hog = subprocess.Popen([sys.executable, "-c", HOG, path], stdout=subprocess.PIPE, text=True)
    assert hog.stdout is not None
    hog.stdout.readline()
    ours, waits = Turn(path), []
    for _ in range(20):
        began = time.monotonic()
        ours.take()
        waits.append(time.monotonic() - began)
        ours.give_back()
        time.sleep(0.01)
    assert hog.wait(10) == 0
    assert max(waits) < 0.5
    assert int(hog.stdout.read()) > 20


def test_a_turn_that_cannot_be_had_is_done_without(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.turn.PATIENCE", 0.05)
    holder, late = Turn(path), Turn(path)
    holder.take()
    late.take()
    assert (holder.mine, late.mine) == (True, False)
    holder.give_back()
    late.take()
    assert late.mine


def test_a_turn_taken_twice_is_given_back_once(path: str) -> None:
    one, other = Turn(path), Turn(path)
    one.take()
    one.take()
    one.give_back()
    other.take()
    assert other.mine


def test_whoever_dies_with_the_turn_gives_it_back(path: str) -> None:
    code = "import sys, os; from app.turn import Turn; Turn(sys.argv[1]).take(); os._exit(1)"
    subprocess.run([sys.executable, "-c", code, path], check=False)
    late = Turn(path)
    late.take()
    assert late.mine


def test_who_waits_for_the_turn_holds_nothing_of_the_database(app: Flask) -> None:
    """Whoever has the turn goes on to write. Both would wait for each other until one of them gives up."""
    with app.app_context():
        file = db.engine.url.database
        if db.engine.dialect.name != "sqlite":
            pytest.skip("PostgreSQL has many writers and no turn")
    holder = Turn(str(file))
    holder.take()
    other = threading.Thread(target=write, args=(app,))
    other.start()
    time.sleep(0.2)
    with sqlite3.connect(str(file), timeout=0, isolation_level=None) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    holder.give_back()
    other.join(5)
    assert not other.is_alive()


def write(app: Flask) -> None:
    with app.app_context():
        db.session.execute(text("UPDATE contact SET lang = lang"))
        db.session.commit()


def test_whose_connection_is_closed_with_the_turn_gives_it_back(path: str) -> None:
    one, other = Turn(path), Turn(path)
    one.take()
    one.close()
    other.take()
    assert other.mine


def test_a_process_that_forks_with_the_turn_leaves_it_behind(path: str) -> None:
    """Its child queues anew: nobody there would ever give back what a thread of the parent holds."""
    holder = Turn(path)
    holder.take()
    child = os.fork()
    if child == 0:
        free = turn.QUEUES[path].acquire(timeout=0)
        os._exit(0 if free else 1)
    assert os.waitpid(child, 0)[1] == 0
    holder.give_back()
