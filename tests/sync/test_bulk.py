"""`flask sync all`: everyone is told again, a page at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import event, select, update

from app import contacts
from app.clock import now
from app.contacts import suppression
from app.extensions import db
from app.outbox.models import OutboxRow
from app.processors.base import Consent, Outcome, Processor, Profile, Rejected, Retry
from app.sync import cli, pages, service
from app.sync.drift import service as drift
from app.sync.models import ProcessorState
from tests.sync.world import World


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "PAGE", 3)


def people(count: int) -> list[str]:
    return [f"person{number}@example.no" for number in range(count)]


def lose_everything(world: World) -> None:
    """The vendors had a bad day."""
    world.mailchimp.audience.contacts.clear()
    for member in list(world.sandbox.members()):
        world.sandbox.erase(Profile(member.address, acquainted=True))


def test_everyone_is_told_again(world: World) -> None:
    for address in people(7):
        world.subscribe(address)
    world.withdraw(people(1)[0])
    world.work()
    lose_everything(world)
    world.tell_everyone()
    world.work()
    on = {address for address in people(7) if world.at_mailchimp(address) == ("subscribed", {"newsletter"})}
    assert on == set(people(7)[1:])
    assert {member.address for member in world.sandbox.members()} == on
    assert world.failed() == []


def test_whoever_left_or_never_came_is_not_introduced(world: World, kari: str, ola: str) -> None:
    world.meet(kari)
    world.ask(ola)
    world.tell_everyone()
    world.work()
    assert world.mailchimp.calls == []
    assert world.at_sandbox(kari) == world.at_sandbox(ola) == ("", set())


def test_pages_follow_the_key_and_miss_nobody(world: World) -> None:
    ids = [world.meet(address) for address in people(7)]
    with world.app.app_context():
        assert list(pages.pages(3)) == [(ids[0], ids[2]), (ids[3], ids[5]), (ids[6], ids[6])]


def test_a_page_is_of_those_whom_the_processor_knows_or_may_have_to_know(world: World, kari: str, ola: str) -> None:
    consented, known, elsewhere, stranger = (world.meet(address) for address in (kari, ola, *people(2)))
    world.subscribe(kari)
    with world.app.app_context():
        service.acquaint(known, "mailchimp")
        service.acquaint(elsewhere, "sandbox")
        db.session.commit()
        assert pages.concerned("mailchimp", consented, stranger) == [consented, known]
        assert pages.concerned("mailchimp", known, stranger) == [known]


def test_one_processor_may_be_named(world: World, kari: str) -> None:
    world.subscribe(kari)
    world.work()
    asked = len(world.mailchimp.calls)
    done = world.app.test_cli_runner().invoke(args=["sync", "all", "--processor", "sandbox"])
    assert done.exit_code == 0 and "1 page" in done.output
    world.work()
    assert len(world.mailchimp.calls) == asked


@pytest.mark.settings(
    SAMTYKKE_ENV="production", BASE_URL="https://x.no", MAIL_URL="file:/dev/null", MAIL_FROM="post@example.no"
)
def test_where_no_processor_is_turned_on_it_is_said(app: Any) -> None:
    done = app.test_cli_runner().invoke(args=["sync", "all"])
    assert done.exit_code == 0 and done.output == "No processor is turned on here: there is nobody to tell.\n"


def test_an_unknown_processor_is_a_mistake(world: World) -> None:
    done = world.app.test_cli_runner().invoke(args=["sync", "all", "--processor", "pigeon"])
    assert done.exit_code == 2 and "pigeon" in done.output


# How many may be taken off


def left_alone(world: World, count: int) -> list[str]:
    """People on every list, whom the ledger no longer allows there. No change of theirs is under way."""
    addresses = people(count)
    for address in addresses:
        world.subscribe(address)
    world.work()
    with world.app.app_context():
        for address in addresses:
            suppression.suppress(address, suppression.ALL, "complained")
        db.session.commit()
    return addresses


def command(world: World, *words: str) -> Result:
    return world.app.test_cli_runner().invoke(args=["sync", "all", *words])


def off(world: World, addresses: list[str]) -> int:
    world.work()
    return sum(world.at_sandbox(address)[0] == "unsubscribed" for address in addresses)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drift, "FEW", 2)


def test_a_few_are_taken_off_without_asking(world: World, few: None) -> None:
    gone = left_alone(world, 2)
    assert command(world).exit_code == 0
    assert off(world, gone) == 2


def test_more_than_a_few_are_taken_off_only_by_a_humans_yes(world: World, few: None, ola: str) -> None:
    gone = left_alone(world, 3)
    world.subscribe(ola)
    world.work()
    asked = command(world)
    assert asked.exit_code == 1
    assert "--processor sandbox --yes 3" in asked.output and "only 2" in asked.output
    assert off(world, gone) == 0
    assert command(world, "--processor", "sandbox", "--yes", "3").exit_code == 0
    assert off(world, gone) == 3
    assert world.at_sandbox(ola)[0] == "subscribed"


@pytest.mark.parametrize("number", ["2", "4", "0"])
def test_a_yes_to_another_number_does_nothing(world: World, few: None, number: str) -> None:
    gone = left_alone(world, 3)
    said = command(world, "--processor", "sandbox", "--yes", number)
    assert said.exit_code == 1 and "the number is 3" in said.output
    assert off(world, gone) == 0


def test_a_yes_is_about_one_list(world: World) -> None:
    assert command(world, "--yes", "3").exit_code == 2


def test_whoever_left_long_ago_counts_no_more(world: World, few: None) -> None:
    for address in people(4):
        world.subscribe(address)
    world.work()
    for address in people(4):
        world.withdraw(address)
    world.work()
    calls = len(world.mailchimp.calls)
    assert command(world).exit_code == 0
    world.work()
    assert len(world.mailchimp.calls) == calls


def test_whom_somebody_put_back_there_is_for_the_comparison_to_find(world: World, kari: str) -> None:
    world.subscribe(kari)
    world.work()
    world.withdraw(kari)
    world.work()
    world.sandbox.push(Profile(kari, consents={"newsletter": Consent("newsletter", True, now())}))
    assert command(world).exit_code == 0
    world.work()
    assert world.at_sandbox(kari)[0] == "subscribed"
    done = world.app.test_cli_runner().invoke(args=["drift", "--processor", "sandbox", "--mend"])
    assert done.exit_code == 0
    world.work()
    assert world.at_sandbox(kari)[0] == "unsubscribed"


class Moody(Processor):
    """Takes the page as a whole, and does something in the middle."""

    name = "sandbox"

    def __init__(self, world: World) -> None:
        self.world, self.told = world, list[Profile]()
        self.held: list[bool] = []

    def push(self, profile: Profile) -> Outcome:
        self.told.append(profile)
        return Outcome("subscribed" if profile.granted else "unsubscribed")

    def push_many(self, profiles: Iterable[Profile]) -> Iterator[tuple[Profile, Outcome]]:
        self.held.append(db.session().in_transaction())
        for profile in profiles:
            self.world.withdraw(profile.address)
            yield profile, Outcome("subscribed")


def test_who_withdraws_while_the_page_is_told_is_off_in_the_end(world: World, kari: str) -> None:
    world.subscribe(kari)
    world.work()
    moody = Moody(world)
    world.app.extensions["processors"] = {"sandbox": moody}
    world.tell_everyone()
    world.work()
    assert moody.held == [False]
    assert moody.told[-1].granted == []
    assert world.state(kari, "sandbox") == "unsubscribed"


def test_one_refusal_does_not_hold_up_the_page(world: World) -> None:
    class Picky(Moody):
        def push_many(self, profiles: Iterable[Profile]) -> Iterator[tuple[Profile, Outcome]]:
            raise Rejected("not in bulk")

    for address in people(3):
        world.subscribe(address)
    world.work()
    picky = Picky(world)
    world.app.extensions["processors"] = {"sandbox": picky}
    world.tell_everyone()
    world.work()
    assert sorted(profile.address for profile in picky.told) == people(3)
    with world.app.app_context():
        assert db.session.scalars(select(OutboxRow.kind).where(OutboxRow.failed_at.is_not(None))).all() == []


def test_what_was_told_is_not_told_again_when_the_vendor_stops_in_the_middle(world: World) -> None:
    class Tired(Moody):
        def push_many(self, profiles: Iterable[Profile]) -> Iterator[tuple[Profile, Outcome]]:
            for number, profile in enumerate(profiles):
                if number == 2:
                    raise Retry("not now")
                yield profile, self.push(profile)

    for address in people(3):
        world.subscribe(address)
    world.work()
    tired = Tired(world)
    world.app.extensions["processors"] = {"sandbox": tired}
    world.tell_everyone()
    world.work()
    assert [profile.address for profile in tired.told] == people(2)
    with world.app.app_context():
        db.session.execute(update(OutboxRow).where(OutboxRow.done_at.is_(None)).values(run_at=now()))
        db.session.commit()
    world.work()
    assert [profile.address for profile in tired.told] == people(3)


def test_whom_somebody_else_holds_is_waited_for_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """On PostgreSQL her row is locked: the others are told without waiting for it while theirs are held."""
    for address in people(3):
        world.subscribe(address)
    world.work()
    lose_everything(world)
    with world.app.app_context():
        db.session.query(ProcessorState).update({"state": "waiting"})
        db.session.commit()
    free = contacts.lock_free
    monkeypatch.setattr(contacts, "lock_free", lambda ids: [one for one in free(ids) if one.address != people(3)[1]])
    world.tell_everyone()
    world.work()
    assert {member.address for member in world.sandbox.members()} == set(people(3))
    assert {world.state(address, "mailchimp") for address in people(3)} == {"subscribed"}


def test_many_are_read_and_noted_in_as_many_statements_as_few(world: World) -> None:
    ids = [world.meet(address) for address in people(12)]
    for address in people(12):
        world.subscribe(address)
    with world.app.app_context():
        assert statements(ids[:2]) == statements(ids[2:])


def statements(ids: list[int]) -> int:
    said: list[str] = []
    note = partial(_note, said)
    event.listen(db.engine, "before_cursor_execute", note)
    told = service.prepare_many(ids, "sandbox")
    db.session.flush()
    service.record_many("sandbox", {one: (told[one], Outcome("subscribed")) for one in ids})
    db.session.commit()
    event.remove(db.engine, "before_cursor_execute", note)
    return len(said)


def _note(said: list[str], _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
    said.append(statement)
