"""`flask contact show`: one sheet with everything that is known of a person."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.contacts import suppression
from app.extensions import db
from app.sites.models import Site
from tests.contacts.test_forget import submission
from tests.sync.conftest import world
from tests.sync.world import World

__all__ = ["world"]

KEYS = ["address", "fields", "consents", "processors", "submissions", "suppressed"]


def show(world: World, address: str, *options: str, code: int = 0) -> str:
    done = world.app.test_cli_runner().invoke(args=["contact", "show", address, *options])
    assert done.exit_code == code, done.output
    return done.output


def sheet(world: World, address: str) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(show(world, address, "--json"))
    assert list(shown) == KEYS
    return shown


def test_a_stranger_has_an_empty_sheet_of_the_same_shape(world: World, kari: str) -> None:
    nothing = {"state": "none", "since": None}
    assert sheet(world, kari) == {
        "address": kari,
        "fields": {},
        "consents": {"newsletter": "none", "offers": "none"},
        "processors": {"mailchimp": nothing, "sandbox": nothing},
        "submissions": [],
        "suppressed": False,
    }


def test_it_tells_what_she_volunteered_and_said(world: World, kari: str) -> None:
    world.meet(kari, name="Kari Nordmann")
    world.subscribe(kari, "newsletter")
    world.ask(kari, "offers")
    shown = sheet(world, "Kari@Example.NO")
    assert shown["address"] == kari and shown["fields"] == {"name": "Kari Nordmann"}
    assert shown["consents"] == {"newsletter": "confirmed", "offers": "asked"}
    assert shown["suppressed"] is False


def test_it_tells_where_the_processors_stand_and_since_when(world: World, kari: str) -> None:
    world.subscribe(kari)
    world.work()
    for row in sheet(world, kari)["processors"].values():
        assert row["state"] == "subscribed" and row["since"].endswith("Z")


def test_who_withdrew_everything_is_suppressed_and_who_kept_something_is_not(world: World, kari: str, ola: str) -> None:
    world.subscribe(kari, "newsletter", "offers")
    world.subscribe(ola, "newsletter", "offers")
    world.withdraw(kari)
    world.withdraw(ola, "offers")
    assert sheet(world, kari)["suppressed"] is True
    assert sheet(world, ola)["suppressed"] is False


def test_an_address_suppressed_altogether_is_so_without_a_contact(world: World, kari: str) -> None:
    with world.app.app_context():
        suppression.suppress(kari, suppression.ALL, "erased")
        db.session.commit()
    assert sheet(world, kari)["suppressed"] is True


@pytest.mark.parametrize("linked", [True, False])
def test_it_lists_what_she_sent(world: World, kari: str, linked: bool) -> None:
    contact_id = world.meet(kari)
    with world.app.app_context():
        row = submission(contact_id, db.session.get_one(Site, world.site_id))
        row.address = "" if linked else kari
        row.contact_id = contact_id if linked else None
        db.session.add(row)
        db.session.commit()
    sent = sheet(world, kari)["submissions"]
    assert [(row["id"], row["form"], row["fields"]) for row in sent] == [
        (str(contact_id), f"form{contact_id}", {"message": "Hei"})
    ]


def test_the_look_is_on_record_without_the_address(world: World, kari: str) -> None:
    world.meet(kari)
    sheet(world, kari)
    with world.app.app_context():
        row = db.session.scalars(select(AuditEntry)).one()
        assert row.actor == "cli" and row.subject
        assert kari not in f"{row.action}{row.object}{row.note}{row.subject}"


def test_people_may_read_it_too(world: World, kari: str) -> None:
    world.meet(kari, name="Kari Nordmann")
    world.subscribe(kari)
    text = show(world, kari)
    assert "Kari Nordmann" in text and "confirmed" in text and "{" not in text


def test_what_is_no_address_is_a_mistake(world: World) -> None:
    assert "syntax" in show(world, "nobody", code=2)
