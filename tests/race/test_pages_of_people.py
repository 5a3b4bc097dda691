"""A page of people is being told to a list while one of them asks to be erased, or restricted."""

from __future__ import annotations

import threading

import pytest

from app import outbox
from app.processors.sandbox import Sandbox
from tests.privacy.world import World
from tests.race.conftest import Gate


@pytest.fixture
def slow(world: World, monkeypatch: pytest.MonkeyPatch, kari: str, ola: str) -> Gate:
    """Ola stands before Kari on the page, and the list takes its time with him."""
    for address in (ola, kari):
        world.meet(address, name=address)
        world.subscribe(address)
    world.work()
    gate, push = Gate(), Sandbox.push

    def slowly(self, profile):
        if profile.address == ola and threading.current_thread().name == "one":
            gate.stop_here()
        return push(self, profile)

    monkeypatch.setattr(Sandbox, "push", slowly)
    assert world.app.test_cli_runner().invoke(args=["sync", "all", "--processor", "sandbox"]).exit_code == 0
    return gate


def one_hand(world: World) -> None:
    with world.app.app_context():
        outbox.drain(1)


def afterwards(world: World) -> None:
    with world.later(minutes=10):
        for _ in range(3):
            world.looks()


def test_who_is_erased_meanwhile_is_not_brought_back(world: World, slow: Gate, kari: str, ola: str) -> None:
    asked = []
    slow.meanwhile(lambda: one_hand(world), lambda: asked.append(world.erases(kari)))
    afterwards(world)
    assert world.state(asked[0]) == "completed"
    assert world.at_sandbox(kari) == ("", set())
    assert world.at_sandbox(ola) == ("subscribed", {"newsletter"})


def test_who_is_restricted_meanwhile_is_not_used(world: World, slow: Gate, kari: str) -> None:
    asked = []

    def other() -> None:
        asked.append(world.opens("restriction", kari, ground="inaccurate"))
        world.work()

    slow.meanwhile(lambda: one_hand(world), other)
    afterwards(world)
    assert world.state(asked[0]) == "completed"
    assert world.at_sandbox(kari)[0] == "restricted"
