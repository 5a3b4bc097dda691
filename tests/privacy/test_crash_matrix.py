"""The worker is killed after every single call, and after every few commits: it ends the same, and nothing twice.

Every call on both databases; the rest, which does not depend on the database, on the embedded one.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import update

from app.clock import EPOCH
from app.extensions import db
from app.privacy import receipts
from app.sync.models import ProcessorPlace
from tests.privacy import crash
from tests.privacy.world import World
from tests.support.mailbox import Mailbox

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

LEASE = 0.2  # seconds until a dead worker's work is free again
POINTS = (
    "privacy.sandbox.found",
    "privacy.mailchimp.found",
    "privacy.sandbox.called",
    "privacy.sandbox.noted",
    "privacy.mailchimp.called",
    "privacy.mailchimp.noted",
    "privacy.own.noted",
    "letter.delivered",
    "outbox.claimed",
    "outbox.handled",
)
Moment = Callable[[int], Callable[[Flask], None]]


class Matrix:
    """Person after person is erased, and the worker dies a little later each time."""

    def __init__(self, world: World, mailbox: Mailbox, ola: str) -> None:
        self.world, self.mailbox, self.ola = world, mailbox, ola
        world.app.config.update(OUTBOX_LEASE=LEASE, PRIVACY_APPROVAL=["none"])
        world.meet(ola, name="Ola Nordmann")
        world.subscribe(ola)
        world.work()
        self.before = world.everything(ola)

    def dies(self, address: str, prepare: Callable[[Flask], None]) -> bool:
        """Erase her with a worker that dies, then with one that lives. Returns whether the first one did die."""
        self.world.meet(address, name="Kari Nordmann")
        self.world.subscribe(address)
        self.world.work()
        number = self.world.opens("erasure", address)
        died = crash.killed(self.world.app, prepare)
        self._leases_run_out()
        self.world.work()
        self._as_it_should_be(number, address)
        return died

    def _leases_run_out(self) -> None:
        """Of the work that it had in hand, and of its places at Mailchimp, which would take a minute and a half."""
        time.sleep(LEASE + 0.05)
        with self.world.app.app_context():
            db.session.execute(update(ProcessorPlace).values(until=EPOCH))
            db.session.commit()

    def _as_it_should_be(self, number: int, address: str) -> None:
        states = self.world.tasks(number)
        over = {task: state for task, state in states.items() if state != "verified"}
        assert over.keys() <= {"own letter", "own forget"}, over
        assert self.world.state(number) == "completed"
        assert self.world.at_mailchimp(address) == self.world.at_sandbox(address) == ("", set())
        letters = [letter["Message-ID"] for letter in self.mailbox.to(address)]
        assert len(letters) == len(set(letters)) == 3
        deleted = self.world.mailchimp.asked("POST", "/actions/delete-permanent")
        assert len(deleted) == number  # one for every person so far
        assert self.world.everything(self.ola) == self.before

    def walk(self, moment: Moment, step: int = 1) -> int:
        """A step later each time, until the worker comes through. Returns how often it died."""
        count = 0
        while self.dies(f"kari{count}@example.no", moment(1 + count * step)):
            count += 1
        with self.world.app.app_context():
            assert receipts.verify_all().receipts == count + 1
        return count


@pytest.fixture
def matrix(world: World, mailbox: Mailbox, ola: str) -> Matrix:
    return Matrix(world, mailbox, ola)


def test_killed_after_every_call_to_a_vendor(matrix: Matrix) -> None:
    assert matrix.walk(crash.after_call) >= 8


@pytest.mark.one_database
def test_killed_after_every_fifteenth_commit(matrix: Matrix) -> None:
    assert matrix.walk(crash.after_commit, 15) >= 4


@pytest.mark.one_database
def test_killed_at_every_named_point(matrix: Matrix) -> None:
    for number, point in enumerate(POINTS):
        assert matrix.dies(f"kari{number}@example.no", crash.at(point)), point
