"""An address that must be left alone stays so until its owner says yes anew."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.contacts import suppression
from app.contacts.models import Suppression
from app.crypto import Keyring
from app.extensions import db
from tests.conftest import SECRET

NEWER = "a-newer-secret-for-tests-only-0123456789"


@pytest.fixture(autouse=True)
def context(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(Suppression)) or 0


def rotate(app: Flask) -> None:
    app.extensions["keyring"] = Keyring(NEWER, [SECRET])


def test_a_purpose_is_suppressed_for_her_alone(kari: str, ola: str) -> None:
    suppression.suppress(kari, "newsletter", "withdrawn")
    assert suppression.suppressed(kari, "newsletter")
    assert not suppression.suppressed(kari, "offers")
    assert not suppression.suppressed(ola, "newsletter")


def test_all_means_every_purpose(kari: str) -> None:
    suppression.suppress(kari, suppression.ALL, "erased")
    assert suppression.suppressed(kari, "newsletter") and suppression.suppressed(kari, "anything")
    assert suppression.scopes(kari) == {"all"}


def test_twice_is_once(kari: str) -> None:
    suppression.suppress(kari, "newsletter", "withdrawn")
    suppression.suppress(kari, "newsletter", "withdrawn")
    assert count() == 1


@pytest.mark.parametrize(("first", "then"), [("withdrawn", "complained"), ("complained", "withdrawn")])
def test_the_strongest_reason_stays(kari: str, first: str, then: str) -> None:
    suppression.suppress(kari, "all", first)
    suppression.suppress(kari, "all", then)
    assert suppression.reasons(kari) == {"complained"}


def test_a_reason_nobody_has_heard_of_is_a_mistake(kari: str) -> None:
    with pytest.raises(ValueError):
        suppression.suppress(kari, "all", "whim")


def test_the_database_does_not_hold_the_address(kari: str) -> None:
    suppression.suppress(kari, "newsletter", "withdrawn")
    row = db.session.scalars(select(Suppression)).one()
    assert "kari" not in f"{row.mac}{row.scope}{row.reason}" and len(row.mac) == 64


def test_a_rotation_of_keys_wakes_nobody_up(app: Flask, kari: str) -> None:
    suppression.suppress(kari, "newsletter", "withdrawn")
    rotate(app)
    assert suppression.suppressed(kari, "newsletter")


def test_who_was_written_down_years_ago_is_found_today(kari: str) -> None:
    """Hashed in another way, everybody whom we promised to leave alone would be a stranger."""
    ring = Keyring("an-old-secret-of-thirty-two-characters", [])
    then = "d051697cfe4c63153a456b0c90b2f9fd8a60e17769d7a70df8a741492b41f9c0"
    assert ring.macs(suppression.KEY, kari.encode()) == [then]


def test_lifting_removes_what_was_written_under_every_key(app: Flask, kari: str, ola: str) -> None:
    suppression.suppress(kari, "newsletter", "withdrawn")
    suppression.suppress(ola, "newsletter", "withdrawn")
    rotate(app)
    suppression.suppress(kari, "newsletter", "withdrawn")
    suppression.lift(kari, "newsletter")
    assert not suppression.suppressed(kari, "newsletter")
    assert suppression.suppressed(ola, "newsletter") and count() == 1


def test_lifting_one_purpose_leaves_the_others(kari: str) -> None:
    suppression.suppress(kari, "newsletter", "withdrawn")
    suppression.suppress(kari, "offers", "withdrawn")
    suppression.lift(kari, "newsletter")
    assert suppression.scopes(kari) == {"offers"}
