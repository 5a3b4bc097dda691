"""Letters in the company's mailbox: a human says once which stay, and why; what is read must be just that."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
from flask import Flask

from app.extensions import db
from app.privacy import mailroom, receipts
from app.privacy.models import PrivacyPart, PrivacyTask
from app.processors.base import Held, Outcome, Processor, Profile
from app.processors.google.gmail import Letter
from tests.privacy.world import World

BOOKS = "bokføringsloven § 13"


class Mailbox(Processor):
    """As Gmail: copies are ours, correspondence is for a human, and the trash is emptied much later."""

    name = "gmail"

    def __init__(self, **letters: str) -> None:
        self.letters = dict(letters)

    def find(self, profile: Profile) -> list[Held]:
        return [Held(kind, id) for id, kind in sorted(self.letters.items())]

    def correspondence(self, profile: Profile) -> list[Letter]:
        ids = [id for id, kind in self.letters.items() if kind == "correspondence"]
        return [Letter(id, datetime(2026, 3, 2, tzinfo=UTC), "kari", "post", "Lampen", True) for id in ids]

    def erase(self, profile: Profile) -> Outcome:
        for id in [id for id, kind in self.letters.items() if kind == "copy"]:
            del self.letters[id]
        return Outcome("manual", "Look through them.") if self.letters else Outcome("erased")

    def discard(self, ids: Iterable[str]) -> Outcome:
        self.letters |= dict.fromkeys(ids, "trash")
        return Outcome("pending")


@pytest.fixture
def box(world: World, kari: str) -> Mailbox:
    world.meet(kari, name="Kari Nordmann")
    world.subscribe(kari)
    world.work()
    found = Mailbox(one="correspondence", two="correspondence", three="copy")
    world.processors["gmail"] = found
    return found


def decides(world: World, number: int, ids: Iterable[str], ground: str = BOOKS) -> None:
    with world.app.app_context():
        task = db.session.get_one(PrivacyTask, world.task(number, "gmail").id)
        mailroom.look(task)
        db.session.commit()
    world.work()
    with world.app.app_context():
        mailroom.decide(db.session.get_one(PrivacyTask, world.task(number, "gmail").id), list(ids), ground, "staff:1")
        db.session.commit()
    world.work()


def test_one_answer_is_enough_and_the_rest_is_kept_on_its_ground(
    world: World, app: Flask, box: Mailbox, kari: str
) -> None:
    number = world.erases(kari)
    assert world.state(number) == "needs_human" and world.task(number, "gmail").state == "manual"
    decides(world, number, [])
    task = world.task(number, "gmail")
    assert (task.state, task.law, task.proof, task.left) == ("kept", BOOKS, "Removed: 0. Kept: 2.", 2)
    assert world.task(number, "gmail", "verify").state == "kept"
    assert world.state(number) == "completed_with_retention"
    with app.app_context():
        assert db.session.query(PrivacyPart).count() == 0 and receipts.verify_all().receipts == 1


def test_what_was_ticked_goes_and_its_trash_is_looked_at_once_more(world: World, box: Mailbox, kari: str) -> None:
    number = world.erases(kari)
    decides(world, number, ["one"])
    assert box.letters == {"one": "trash", "two": "correspondence"}
    assert world.state(number) == "completed_with_retention"
    assert world.task(number, "gmail", "verify").state == "polling"
    del box.letters["one"]
    with world.later(days=32):
        world.looks()
    assert world.task(number, "gmail", "verify").state == "kept" and world.task(number, "gmail").left == 1


def test_a_letter_that_came_since_is_asked_about(world: World, box: Mailbox, kari: str) -> None:
    number = world.erases(kari)
    box.discard = lambda _ids: box.letters.update(four="correspondence") or Outcome("pending")  # type: ignore[method-assign]
    decides(world, number, ["one"])
    assert world.state(number) == "needs_human" and world.task(number, "gmail").state == "manual"
    decides(world, number, [])
    assert world.task(number, "gmail").state == "kept" and world.state(number) == "completed_with_retention"


def test_our_own_copies_go_all_the_same(world: World, box: Mailbox, kari: str) -> None:
    number = world.erases(kari)
    box.letters["five"] = "copy"  # put there while it went on
    decides(world, number, [])
    assert sorted(box.letters) == ["one", "two"] and world.task(number, "gmail").state == "kept"
    assert world.state(number) == "completed_with_retention"


def test_whoever_keeps_something_says_why(world: World, box: Mailbox, kari: str) -> None:
    number = world.erases(kari)
    with pytest.raises(ValueError, match="ground"):
        decides(world, number, ["one"], ground="because")
    decides(world, number, ["one", "two"], ground="")
    assert world.task(number, "gmail").state != "kept" and world.task(number, "gmail", "verify").state == "polling"
