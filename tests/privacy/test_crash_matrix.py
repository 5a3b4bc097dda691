"""The worker is killed at every single moment of an erasure, one after the other: it ends the same, and nothing twice.

Between two moments a worker knows nothing that the database does not know. So whoever takes over after each of them,
comes as far as the next one, and is killed there, has been everywhere.
"""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import func, select, update

from app.clock import EPOCH
from app.extensions import db
from app.outbox.models import OutboxRow
from app.privacy import receipts
from app.sync.models import ProcessorPlace
from tests.privacy import crash
from tests.privacy.world import World
from tests.support.mailbox import Mailbox

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

POINTS = {
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
}


class Cat:
    """A worker with as many lives as it needs. Counts the moments at which it has died."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.died: Counter[str] = Counter()

    def works(self) -> None:
        """A point that has a name is not worth a second life: there is a commit beside it."""
        for name in crash.lives(self.world.app, self.world.work, crash.everywhere, self._done, POINTS):
            self.died[name] += 1
            self._is_found_dead()

    def _done(self) -> int:
        """Pieces of work."""
        with self.world.app.app_context():
            return db.session.scalar(select(func.count()).where(OutboxRow.done_at.is_not(None))) or 0

    def _is_found_dead(self) -> None:
        """What it had in hand is free again, and so is its place at Mailchimp: as a minute and a half later."""
        with self.world.app.app_context():
            held = update(OutboxRow).where(OutboxRow.claimed_until.is_not(None))
            db.session.execute(held.values(claimed_until=EPOCH, attempts=0))
            db.session.execute(update(ProcessorPlace).values(until=EPOCH))
            db.session.commit()


@pytest.fixture
def cat(world: World, kari: str, ola: str) -> Cat:
    """Its world has two people in it."""
    world.app.config["PRIVACY_APPROVAL"] = ["none"]
    for person, name in ((kari, "Kari Nordmann"), (ola, "Ola Hansen")):
        world.meet(person, name=name)
        world.subscribe(person)
    world.work()
    return Cat(world)


def test_killed_at_every_moment_of_an_erasure(cat: Cat, world: World, mailbox: Mailbox, kari: str, ola: str) -> None:
    before = world.everything(ola)
    number = world.opens("erasure", kari)
    cat.works()
    with world.later(minutes=2):
        cat.works()  # when the letter has left, her address is dropped
    assert set(world.tasks(number).values()) == {"verified"} and world.state(number) == "completed"
    assert not world.request(number).sealed
    assert world.at_mailchimp(kari) == world.at_sandbox(kari) == ("", set())
    letters = [letter["Message-ID"] for letter in mailbox.to(kari)]
    assert len(letters) == len(set(letters)) == 3
    assert len(world.mailchimp.asked("POST", "/actions/delete-permanent")) == 1
    assert world.everything(ola) == before
    with world.app.app_context():
        assert receipts.verify_all().receipts == 1
    assert cat.died.keys() == POINTS | {"commit", "called", "line", "strike"}
    assert cat.died["commit"] > 40 and cat.died["called"] >= 12
