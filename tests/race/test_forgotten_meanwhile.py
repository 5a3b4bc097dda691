"""Somebody is forgotten while something else about her is under way. SQLite has one writer, PostgreSQL has many."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import select, text

from app import contacts
from app.admin import jobs as admin_jobs
from app.consent import confirming, jobs, links, throttle
from app.consent.models import Confirmation, ConsentEvidence
from app.extensions import db
from app.letters.models import Letter
from app.privacy import own
from app.processors.base import Profile
from tests.privacy.world import World
from tests.race.conftest import Gate


@pytest.fixture(autouse=True)
def only_where_two_may_write(world: World) -> None:
    with world.app.app_context():
        if db.engine.dialect.name == "sqlite":
            pytest.skip("SQLite lets one write at a time")


def while_she_is_forgotten(world: World, address: str, act: Callable[[], Any]) -> Any:
    """`act` begins while the erasure holds her lock, and goes on when it has committed. Returns its answer."""
    answers: list[Any] = []
    other = threading.Thread(target=lambda: answers.append(act()))
    with world.app.app_context():
        contact = contacts.find(address)
        assert contact
        contacts.lock(contact.id)
        other.start()
        time.sleep(0.5)  # so that it stands at the lock
        own.erase(Profile(address))
        db.session.commit()
    other.join(30)
    return answers[0]


def press(world: World, path: str, **form: str) -> int:
    world.app.config["PROPAGATE_EXCEPTIONS"] = world.app.testing = False
    return world.app.test_client().post(path, data=form).status_code


def test_one_click_is_answered_kindly(world: World, kari: str) -> None:
    world.subscribe(kari)
    world.work()
    with world.app.app_context():
        contact = contacts.find(kari)
        assert contact
        path = links.unsubscribe_url(contact).removeprefix(world.app.config["BASE_URL"])
    one_click = {"List-Unsubscribe": "One-Click"}
    assert while_she_is_forgotten(world, kari, lambda: press(world, path, **one_click)) == 200


def test_the_button_of_a_confirm_letter_says_that_it_is_too_late(world: World, kari: str) -> None:
    world.ask(kari)
    with world.app.app_context():
        word = links.confirm_word(db.session.scalars(select(Confirmation.id)).one())
    assert while_she_is_forgotten(world, kari, lambda: press(world, f"/confirm/{word}")) in (404, 410)


def test_the_search_finds_her_no_more(world: World, kari: str, monkeypatch: pytest.MonkeyPatch) -> None:
    id_ = world.meet(kari, name="Kari Nordmann", phone="+4722334455")
    number = world.opens("erasure", kari)
    world.work()
    gate, findable = Gate(), contacts.findable

    def slowly(contact):
        said = findable(contact)
        if threading.current_thread().name == "one":
            gate.stop_here()
        return said

    def index() -> None:
        with world.app.app_context():
            admin_jobs.index_contact(str(id_))

    def erase() -> None:
        world.approves(number)
        worker = threading.Thread(target=world.work)
        worker.start()
        worker.join(1)  # it may have to wait for the other side
        workers.append(worker)

    workers: list[threading.Thread] = []
    monkeypatch.setattr(contacts, "findable", slowly)
    gate.meanwhile(index, erase)
    workers[0].join(30)
    world.work()
    assert world.state(number) == "completed"
    with world.app.app_context():
        assert db.session.execute(text("SELECT * FROM search_contact")).all() == []


def test_who_confirms_at_the_last_moment_keeps_the_proof(
    world: World, kari: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.ask(kari)
    world.work()
    with world.app.app_context():
        row = db.session.scalars(select(Confirmation)).one()
        request, id_ = row.requests[0], row.id
    gate, still_asked = Gate(), confirming._still_asked

    def slowly(contact, row):
        gate.stop_here()
        return still_asked(contact, row)

    def expire() -> None:
        with world.later(days=8), world.app.app_context():
            thread = threading.Thread(target=in_a_context(world, jobs.expire))
            thread.start()
            thread.join(1)  # it waits for her lock
            waiting.append(thread)

    waiting: list[threading.Thread] = []
    monkeypatch.setattr(confirming, "_still_asked", slowly)
    gate.meanwhile(lambda: world.confirm(kari), expire)
    waiting[0].join(30)
    assert world.granted(kari) == {"newsletter"}
    with world.app.app_context():
        assert db.session.get(ConsentEvidence, request) and db.session.get(Confirmation, id_)


def in_a_context(world: World, act: Callable[[], Any]) -> Callable[[], None]:
    def run() -> None:
        with world.app.app_context():
            act()

    return run


def test_an_attack_is_told_once(world: World, kari: str, ola: str, monkeypatch: pytest.MonkeyPatch) -> None:
    both, refused = threading.Barrier(2, timeout=1.5), throttle.refused

    def together(*given, **more):
        with suppress(threading.BrokenBarrierError):  # the other one waits for us
            both.wait()
        return refused(*given, **more)

    monkeypatch.setattr(throttle, "attacked", lambda _site: True)
    monkeypatch.setattr(throttle, "refused", together)
    asking = [threading.Thread(target=world.ask, args=(address,)) for address in (kari, ola)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join(30)
    with world.app.app_context():
        assert len(db.session.scalars(select(Letter).where(Letter.kind == "staff_attack")).all()) == 1
