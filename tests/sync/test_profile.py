"""What a processor is told of a person: today's ledger, with its proof."""

from __future__ import annotations

from app import contacts
from app.clock import now
from app.extensions import db
from app.processors.base import Profile
from app.sync import profile
from tests.sync.world import PURPOSES, World, events_of


def build(world: World, address: str, processor: str = "sandbox") -> Profile:
    with world.app.app_context():
        contact = contacts.find(address)
        assert contact is not None
        return profile.build_each(contact, [processor])[processor]


def test_it_holds_what_the_person_volunteered(world: World, kari: str) -> None:
    world.meet(kari, name="Kari Nordmann", company="Fjord AS", phone="+4722334455")
    told = build(world, kari)
    assert (told.address, told.language) == (kari, "nb")
    assert (told.name, told.company, told.phone) == ("Kari Nordmann", "Fjord AS", "+4722334455")


def test_every_purpose_is_named_also_those_never_asked_for(world: World, kari: str) -> None:
    world.meet(kari)
    told = build(world, kari)
    assert set(told.consents) == set(PURPOSES) and told.granted == []


def test_a_consent_carries_when_and_where_it_was_asked_and_given(world: World, kari: str) -> None:
    world.subscribe(kari, "newsletter")
    requested, confirmed = events_of(world.app, kari)
    consent = build(world, kari).consents["newsletter"]
    assert (consent.requested_at, consent.since) == (requested.at, confirmed.at)
    assert consent.ip == "203.0.113.0/24"


def test_asking_is_not_granting(world: World, kari: str) -> None:
    world.ask(kari, "newsletter")
    assert build(world, kari).granted == []


def test_the_unsubscribe_link_takes_the_person_off_and_does_not_name_her(world: World, kari: str) -> None:
    world.subscribe(kari, "newsletter")
    url = build(world, kari).unsubscribe_url
    assert url.startswith("http://localhost/u/v1.") and "kari" not in url
    assert world.app.test_client().post(url.removeprefix("http://localhost")).status_code == 200
    assert world.consents(kari) == {"newsletter": "withdrawn"}


def test_the_same_ledger_gives_the_same_profile(world: World, kari: str) -> None:
    world.subscribe(kari, "newsletter", "offers")
    assert build(world, kari) == build(world, kari)


def test_without_evidence_the_consent_still_stands(world: World, kari: str) -> None:
    world.subscribe(kari, "newsletter")
    with world.app.app_context():
        db.session.execute(db.text("DELETE FROM consent_evidence"))
        db.session.commit()
    consent = build(world, kari).consents["newsletter"]
    assert consent.granted and consent.ip is None and consent.since is not None and consent.since <= now()
