"""A PostgreSQL that was lost is brought back to the moment before Kari was erased, from its base and its archive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask

from app.journal import gate
from tests.conftest import Store, make_app
from tests.privacy import crash
from tests.privacy.house import House
from tests.privacy.restoring import Archiving, Recovered
from tests.support.mailchimp_server import MailchimpServer

pytestmark = pytest.mark.slow
MOMENT = "before-her-erasure"
SIRI = "siri@example.no"


@pytest.fixture
def archiving(store: Store) -> Iterator[Archiving]:
    if store.server is None:
        pytest.skip("only PostgreSQL archives what it writes")
    with closing(Archiving(store.server)) as server:
        yield server


@pytest.fixture
def house(archiving: Archiving, tmp_path: Path) -> Iterator[House]:
    """On the server that will be lost. Mailchimp, and what lies in files, outlives it."""
    with MailchimpServer() as mailchimp:
        house = House(make_app(archiving.url("demo"), tmp_path / "instance"), mailchimp).settle()
        yield house
        crash.let_go(house.app)
        assert mailchimp.violations == []


@pytest.fixture
def move(house: House, tmp_path: Path) -> Callable[[str], None]:
    """move(url): the same service on another database."""

    def to(url: str) -> None:
        crash.let_go(house.app)
        house.app = moved(house.app, make_app(url, tmp_path / "instance"))

    return to


def moved(old: Flask, new: Flask) -> Flask:
    new.config.update({name: value for name, value in old.config.items() if name.startswith("MAILCHIMP_")})
    return new


def behind(house: House) -> bool:
    with house.app.app_context():
        return gate.behind()


def test_nothing_leaves_before_the_replay_and_afterwards_she_is_gone(
    house: House, archiving: Archiving, move: Callable[[str], None], kari: str, ola: str
) -> None:
    for address in (kari, ola):
        house.posts(address)
        house.presses(address)
    archiving.back_up()
    house.meet(SIRI)
    house.subscribe(SIRI)  # after the base: she is in the archive alone
    house.push_again(kari)  # and so is work that would be told to everybody
    archiving.moment(MOMENT)
    number = house.erases(kari)
    assert house.state(number) == "completed" and house.contact(kari) is None
    archiving.burns_down()
    with closing(Recovered(archiving, MOMENT)) as recovered:
        move(recovered.url("demo"))
        house.mailbox.clear()
        assert house.contact(kari) is not None and house.granted(SIRI) == {"newsletter"}
        assert behind(house) and house.work() == 0
        assert house.at_mailchimp(kari) == ("", set()) and house.letters(SIRI) == []
        done = house.app.test_cli_runner().invoke(args=["requests", "replay"])
        assert done.exit_code == 0 and "erased 1" in done.output
        assert not behind(house)
        for minutes in (0, 2, 10):
            with house.later(minutes=minutes):
                house.work()
        assert house.contact(kari) is None and house.tables_naming(kari) == set()
        assert house.at_mailchimp(kari) == house.at_sandbox(kari) == ("", set()) and house.letters(kari) == []
        assert house.at_mailchimp(SIRI)[0] == house.at_mailchimp(ola)[0] == "subscribed"
        crash.let_go(house.app)
