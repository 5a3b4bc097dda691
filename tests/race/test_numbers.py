"""A number that was somebody's is nobody else's afterwards."""

from __future__ import annotations

import pytest

from app import contacts, outbox
from app.letters.transports import Folder
from tests.privacy.world import World
from tests.race.conftest import Gate


def test_a_new_person_gets_a_new_number(world: World, kari: str, ola: str) -> None:
    number = world.meet(kari)
    world.forget(kari)
    assert world.meet(ola) > number


def test_a_letter_under_way_is_not_taken_for_the_next_one(
    world: World, kari: str, ola: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, sent = Gate(), []

    def deliver(self, message, number):
        sent.append(str(message["To"]))
        if sent == [kari]:
            gate.stop_here()

    def one_hand() -> None:
        with world.app.app_context():
            outbox.drain(1)

    def others() -> None:
        world.forget(kari)
        world.ask(ola)

    monkeypatch.setattr(Folder, "deliver", deliver)
    world.ask(kari)
    gate.meanwhile(one_hand, others)
    world.work()
    assert sent == [kari, ola]
    with world.app.app_context():
        assert contacts.find(kari) is None
