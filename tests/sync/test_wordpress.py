"""WordPress keeps no list: nobody is made known to it because she signed up for something."""

from __future__ import annotations

import pytest

from app import contacts
from app.extensions import db
from app.sync import service
from tests.sync.test_push import Fake
from tests.sync.world import World


@pytest.fixture
def wordpress(world: World) -> Fake:
    fake = Fake()
    world.app.extensions["processors"] = {"wordpress": fake}
    return fake


def found_there(world: World, address: str) -> None:
    with world.app.app_context():
        contact = contacts.find(address)
        assert contact
        service.acquaint(contact.id, "wordpress")
        service.push_soon(contact.id, "wordpress")
        db.session.commit()


def test_a_sign_up_is_not_told_to_wordpress(world: World, wordpress: Fake, kari: str) -> None:
    world.subscribe(kari)
    world.work()
    assert wordpress.told == []
    assert world.state(kari, "wordpress") == "not_held"


def test_whoever_was_found_there_is_kept_in_line(world: World, wordpress: Fake, kari: str, ola: str) -> None:
    world.subscribe(kari)
    world.subscribe(ola)
    world.work()
    found_there(world, kari)
    world.work()
    assert [profile.address for profile in wordpress.told] == [kari]
    assert wordpress.told[0].acquainted


def test_a_withdrawal_is_not_told_where_nobody_was_found(world: World, wordpress: Fake, kari: str) -> None:
    world.subscribe(kari)
    world.withdraw(kari)
    world.work()
    assert wordpress.told == []
