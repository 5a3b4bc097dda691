"""What takes seconds holds nobody up: an archive of thousands of letters is made while others write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.engine import Engine

from app.extensions import db
from app.privacy import own
from app.privacy.archive import building, parts
from app.privacy.models import PrivacyArchive, PrivacyPart
from tests.privacy.world import World


def writes(number: int) -> None:
    """Somebody else, with a connection of her own and no patience, changes the very request."""
    with db.engine.connect() as other:
        if other.dialect.name == "sqlite":
            other.connection.cursor().execute("PRAGMA busy_timeout = 0")
            other.commit()
        else:
            other.execute(text("SET lock_timeout = '50ms'"))
        other.execute(text("UPDATE privacy_request SET warned = warned + 1 WHERE id = :id"), {"id": number})
        other.commit()
        if other.dialect.name == "sqlite":
            other.connection.cursor().execute("PRAGMA busy_timeout = 10000")


@pytest.fixture
def number(world: World, kari: str) -> int:
    world.meet(kari, name="Kari Nordmann")
    world.subscribe(kari)
    world.work()
    return world.opens("access", kari)


def meanwhile(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, act: Callable[[], None]) -> None:
    done = getattr(module, name)

    def while_it_is_done(*args: Any) -> Any:
        found = done(*args)
        act()
        return found

    monkeypatch.setattr(module, name, while_it_is_done)


@pytest.mark.parametrize(("module", "name"), [(building, "pack"), (own, "export")])
def test_others_write_while_it_is_read_and_packed(
    world: World, monkeypatch: pytest.MonkeyPatch, number: int, module: Any, name: str
) -> None:
    meanwhile(monkeypatch, module, name, lambda: writes(number))
    world.work()
    assert world.state(number) == "completed" and world.request(number).warned == 1


def test_sealing_it_is_no_part_of_the_transaction_either(
    world: World, app: Flask, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """From the packing to the row there is no more than one statement of reading and one of writing."""
    said: list[str] = []
    meanwhile(monkeypatch, building, "pack", lambda: said.append("PACKED"))
    listener = lambda _connection, _cursor, statement, *_more: said.append(statement)  # noqa: E731
    event.listen(Engine, "before_cursor_execute", listener)
    world.work()
    event.remove(Engine, "before_cursor_execute", listener)
    after = said[said.index("PACKED") :]
    row = next(place for place, one in enumerate(after) if "INSERT INTO privacy_archive" in one)
    assert row < 12 and world.state(number) == "completed", after[:row]


def test_what_staff_change_meanwhile_is_in_it(
    world: World, app: Flask, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """What had been packed is thrown away, and it is packed anew."""
    times: list[int] = []

    def changes() -> None:
        times.append(1)
        if len(times) == 1:
            with app.app_context():
                part = db.session.query(PrivacyPart).order_by(PrivacyPart.task_id).first()
                parts.write(part, parts.read(part) | {"chosen": []})
                db.session.commit()

    meanwhile(monkeypatch, building, "pack", changes)
    world.work()
    with world.later(minutes=1):
        world.work()
    assert world.state(number) == "completed" and len(times) == 2
    with app.app_context():
        assert db.session.query(PrivacyArchive).count() == 1
