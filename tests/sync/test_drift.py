"""What a list holds against what the ledger allows: seen, told and mended within bounds. Ola is left alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from app import outbox
from app.audit.models import AuditEntry
from app.clock import now
from app.contacts import suppression
from app.extensions import db
from app.outbox.models import OutboxRow
from app.processors.base import Consent, Member, Outcome, Processor, Profile, Rejected, Retry
from app.processors.google.groups import Groups
from app.sync.drift import jobs, ledger, people, service
from app.sync.models import DriftFinding, DriftRun, DriftStranger
from tests.processors.google_world import ADMIN, google, service_account
from tests.support.google_store import Directory
from tests.support.mailchimp_server import KEY, Answer
from tests.support.mailchimp_store import member_id
from tests.sync.world import World

NEWS, OFFERS, STAFF = "newsletter@fjordlys.no", "offers@fjordlys.no", "staff@fjordlys.no"


def command(world: World, *words: str) -> Any:
    return world.app.test_cli_runner().invoke(args=["drift", "--processor", "sandbox", *words])


def run(world: World, name: str = "sandbox", mend: bool = False) -> DriftRun:
    """As the worker does it when somebody has pressed the button."""
    with world.app.app_context():
        asked = service.ask(name, "staff:1", mend)
        db.session.commit()
        number = asked.id
    world.work()
    with world.app.app_context():
        return db.session.get_one(DriftRun, number)


def numbers(found: DriftRun) -> tuple[int, int, int, int]:
    return found.surplus, found.gone, found.missing, found.strangers


def put_on(world: World, address: str) -> None:
    """Somebody at the list provider typed her in."""
    consent = Consent("newsletter", True, now())
    world.sandbox.push(Profile(address, consents={"newsletter": consent}))


def crowd(world: World, count: int) -> list[str]:
    """People of ours who never consented, and stand on the list all the same."""
    addresses = [f"person{number}@example.no" for number in range(count)]
    for address in addresses:
        world.meet(address)
        put_on(world, address)
    return addresses


def on(world: World) -> set[str]:
    return {member.address for member in world.sandbox.members() if member.subscribed}


# What is seen


def test_a_list_that_agrees_with_the_ledger_has_no_drift(world: World, kari: str, ola: str) -> None:
    world.subscribe(kari)
    world.subscribe(ola)
    world.withdraw(ola)
    world.work()
    for name in ("sandbox", "mailchimp"):
        found = run(world, name)
        assert (found.state, found.members, *numbers(found)) == ("done", 1, 0, 0, 0, 0)


def test_each_kind_of_drift_is_seen(world: World, kari: str, ola: str) -> None:
    world.subscribe(ola)
    world.work()
    for address in ("gone@example.no", "missing@example.no"):
        world.subscribe(address)
    world.work()
    world.sandbox.erase(Profile("gone@example.no"))
    world.sandbox.erase(Profile("missing@example.no"))
    forget_the_push(world, "missing@example.no")
    world.meet(kari)
    put_on(world, kari)
    put_on(world, "stranger+1@example.no")
    found = run(world)
    assert numbers(found) == (1, 1, 1, 1)
    with world.app.app_context():
        named = {(row.address, row.kind) for row in service.named(found.id, service.KINDS)}
        assert named == {(kari, "surplus"), ("gone@example.no", "gone"), ("missing@example.no", "missing")}
        assert [row.masked for row in service.strangers(found.id)] == ["s…@example.no"]


def forget_the_push(world: World, address: str) -> None:
    from app import contacts

    with world.app.app_context():
        contact = contacts.find(address)
        assert contact is not None
        row = db.session.get(service.service.ProcessorState, (contact.id, "sandbox"))
        db.session.delete(row)
        db.session.commit()


def test_somebody_whom_we_promised_to_leave_alone_is_counted_among_the_strangers(world: World) -> None:
    with world.app.app_context():
        suppression.suppress("erased@example.no", suppression.ALL, "erased")
        db.session.commit()
    put_on(world, "erased@example.no")
    put_on(world, "unknown@example.no")
    found = run(world)
    assert (found.strangers, found.barred) == (2, 1)


def test_consent_that_a_suppression_overrides_does_not_count(world: World, kari: str) -> None:
    world.subscribe(kari)
    world.work()
    with world.app.app_context():
        suppression.suppress(kari, suppression.ALL, "complained")
        db.session.commit()
    assert numbers(run(world)) == (1, 0, 0, 0)


def test_who_moves_while_the_list_is_read_is_no_drift(world: World, kari: str, ola: str) -> None:
    world.subscribe(ola)
    world.work()
    begun = now()
    with time_machine.travel(begun + timedelta(minutes=1)):
        world.withdraw(ola)
        world.subscribe(kari)
        with world.app.app_context():
            there = people.There()
            found = [one for page in ledger.differences("sandbox", there, begun) for one in page]
    assert found == []


def test_who_cannot_be_on_the_list_is_not_missed_every_night(world: World, kari: str) -> None:
    class Choosy(Sieve):
        def push(self, profile: Profile) -> Outcome:
            return Outcome("manual", "The list refuses this address.")

    use(world, Choosy())
    world.subscribe(kari)
    world.work()
    assert numbers(run(world)) == (0, 0, 0, 0)


# Mending


def test_who_has_not_consented_is_taken_off_and_who_is_missing_is_added(world: World, kari: str, ola: str) -> None:
    world.subscribe(ola)
    world.subscribe("missing@example.no")
    world.work()
    before = world.everything(ola)
    world.sandbox.erase(Profile("missing@example.no"))
    world.meet(kari)
    put_on(world, kari)
    put_on(world, "stranger@example.no")
    done = command(world, "--mend", "--names")
    assert done.exit_code == 0, done.output
    assert f"surplus  {kari}" in done.output and ola not in done.output and "stranger" not in done.output
    world.work()
    assert on(world) == {ola, "missing@example.no", "stranger@example.no"}
    assert world.at_sandbox(kari) == ("unsubscribed", set())
    assert numbers(run(world)) == (0, 0, 0, 1)
    assert world.everything(ola) == before


def test_looking_changes_nothing(world: World, kari: str) -> None:
    world.meet(kari)
    put_on(world, kari)
    assert command(world).exit_code == 0
    run(world)
    world.work()
    assert on(world) == {kari}
    assert world.told(kari, "sandbox") is None


def test_who_left_there_has_withdrawn_and_is_not_put_back(world: World, kari: str) -> None:
    """The provider's news of it was lost."""
    world.subscribe(kari)
    world.work()
    with time_machine.travel(now() + timedelta(minutes=1)):
        world.leave_sandbox(kari)
        command(world, "--mend")
        world.work()
    assert world.granted(kari) == set()
    assert world.at_sandbox(kari)[0] == "unsubscribed"


@pytest.mark.parametrize(("count", "asked"), [(20, False), (21, True)])
def test_more_than_a_few_are_taken_off_only_by_a_humans_yes(world: World, count: int, asked: bool) -> None:
    addresses = crowd(world, count)
    done = command(world, "--mend")
    world.work()
    assert (done.exit_code, bool(on(world))) == (int(asked), asked)
    if not asked:
        return
    assert "--yes 21" in done.output
    assert on(world) == set(addresses)
    assert command(world, "--mend", "--yes", "20").exit_code == 1
    world.work()
    assert on(world) == set(addresses)
    assert command(world, "--mend", "--yes", "21").exit_code == 0
    world.work()
    assert on(world) == set()


def test_one_in_a_hundred_may_be_more_than_twenty() -> None:
    assert [service.allowed(DriftRun(members=members)) for members in (0, 2000, 2199, 200_000)] == [20, 20, 21, 2000]


def test_who_is_missing_is_added_also_while_the_yes_is_waited_for(world: World, kari: str) -> None:
    world.subscribe(kari)
    world.work()
    world.sandbox.erase(Profile(kari))
    forget_the_push(world, kari)
    crowd(world, 21)
    found = run(world, mend=True)
    world.work()
    assert found.state == "asking"
    assert len(on(world)) == 22 and kari in on(world)


def test_an_emptied_list_is_not_taken_for_everybodys_departure(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "FEW", 4)
    addresses = [f"person{number}@example.no" for number in range(5)]
    for address in addresses:
        world.subscribe(address)
    world.work()
    for address in addresses:
        world.leave_sandbox(address)
    found = run(world, mend=True)
    assert (found.state, found.gone) == ("asking", 5)
    assert all(world.granted(address) for address in addresses)


def test_a_run_is_mended_once_and_by_its_own_number(world: World) -> None:
    crowd(world, 3)
    found = run(world)
    with world.app.app_context():
        with pytest.raises(service.WrongNumber):
            service.mend(found.id, "staff:1", 2)
        assert service.mend(found.id, "staff:1", 3).mended == 3
        db.session.commit()
        with pytest.raises(LookupError):
            service.mend(found.id, "staff:1", 3)


def test_consent_given_after_the_comparison_is_not_overridden(world: World, kari: str) -> None:
    world.meet(kari)
    put_on(world, kari)
    found = run(world)
    world.subscribe(kari)
    with world.app.app_context():
        service.mend(found.id, "staff:1", 1)
        db.session.commit()
    world.work()
    assert world.at_sandbox(kari)[0] == "subscribed"


# Purposes


@pytest.fixture
def groups(world: World) -> Iterator[dict[str, dict[str, Any]]]:
    """Two groups, each for a purpose, and one of which our settings know nothing."""
    with google() as server:
        server.store.directory.groups = {NEWS: {}, OFFERS: {}, STAFF: {}}
        world.app.config.update(GOOGLE_CREDENTIALS=service_account(server.url), GOOGLE_SUBJECT=ADMIN)
        world.app.config.update(GOOGLE_API_BASE=server.url, GOOGLE_GROUPS=f"newsletter={NEWS},offers={OFFERS}")
        yield server.store.directory.groups


def join(groups: dict[str, dict[str, Any]], group: str, address: str) -> None:
    """Staff put somebody into a group by hand."""
    Directory(groups).insert(group, {"email": address})


def test_whoever_is_in_a_group_without_consent_to_its_purpose_is_taken_out_of_that_one(
    world: World, groups: Any, kari: str, ola: str
) -> None:
    world.subscribe(kari, "newsletter")
    world.subscribe(ola, "newsletter", "offers")
    world.work()
    join(groups, OFFERS, kari)
    assert numbers(run(world, "google_groups", mend=True)) == (1, 0, 0, 0)
    world.work()
    assert (set(groups[NEWS]), set(groups[OFFERS])) == ({kari, ola}, {ola})
    assert world.granted(kari) == {"newsletter"}
    assert numbers(run(world, "google_groups")) == (0, 0, 0, 0)


def test_a_consent_to_one_purpose_allows_no_other_list(world: World, groups: Any, kari: str) -> None:
    """Also where nobody was ever told of her there, as her purpose has no group."""
    world.app.config["GOOGLE_GROUPS"] = f"newsletter={NEWS}"
    world.subscribe(kari, "offers")
    world.work()
    assert numbers(run(world, "google_groups")) == (0, 0, 0, 0)
    join(groups, NEWS, kari)
    assert numbers(run(world, "google_groups", mend=True)) == (1, 0, 0, 0)
    world.work()
    assert groups[NEWS] == {} and world.granted(kari) == {"offers"}


def test_whoever_is_missing_from_one_of_two_groups_is_added(world: World, groups: Any, kari: str) -> None:
    """The company has begun to use a second group."""
    world.app.config["GOOGLE_GROUPS"] = f"newsletter={NEWS}"
    world.subscribe(kari, "newsletter", "offers")
    world.work()
    world.app.config["GOOGLE_GROUPS"] = f"newsletter={NEWS},offers={OFFERS}"
    world.app.extensions["processors"] = None
    assert numbers(run(world, "google_groups", mend=True)) == (0, 0, 1, 0)
    world.work()
    assert kari in groups[NEWS] and kari in groups[OFFERS]
    assert world.granted(kari) == {"newsletter", "offers"}


def test_whoever_leaves_one_group_of_two_there_is_not_put_back(world: World, groups: Any, kari: str, ola: str) -> None:
    for address in (kari, ola):
        world.subscribe(address, "newsletter", "offers")
    world.work()
    del groups[OFFERS][kari]
    assert numbers(run(world, "google_groups", mend=True)) == (0, 1, 0, 0)
    world.work()
    assert (set(groups[NEWS]), set(groups[OFFERS])) == ({kari, ola}, {ola})
    assert (world.granted(kari), world.granted(ola)) == ({"newsletter"}, {"newsletter", "offers"})
    assert numbers(run(world, "google_groups", mend=True)) == (0, 0, 0, 0)


def test_whoever_leaves_the_group_of_everybody_is_off_all_of_them(
    world: World, groups: Any, kari: str, ola: str
) -> None:
    """It stands for every purpose, beside the groups that stand for one each."""
    world.app.config["GOOGLE_GROUPS"] = f"{STAFF},newsletter={NEWS}"
    for address in (kari, ola):
        world.subscribe(address, "newsletter", "offers")
    world.work()
    assert kari in groups[STAFF] and kari in groups[NEWS]
    del groups[STAFF][kari]
    assert numbers(run(world, "google_groups", mend=True)) == (0, 1, 0, 0)
    world.work()
    assert (set(groups[STAFF]), set(groups[NEWS])) == ({ola}, {ola})
    assert (world.granted(kari), world.granted(ola)) == (set(), {"newsletter", "offers"})
    assert numbers(run(world, "google_groups", mend=True)) == (0, 0, 0, 0)


def test_a_group_of_everybody_that_is_new_is_joined_and_takes_nothing_back(
    world: World, groups: Any, kari: str
) -> None:
    world.app.config["GOOGLE_GROUPS"] = f"newsletter={NEWS}"
    world.subscribe(kari, "newsletter")
    world.work()
    world.app.config["GOOGLE_GROUPS"] = f"{STAFF},newsletter={NEWS}"
    world.app.extensions["processors"] = None
    assert numbers(run(world, "google_groups", mend=True)) == (0, 0, 1, 0)
    world.work()
    assert kari in groups[STAFF] and kari in groups[NEWS] and world.granted(kari) == {"newsletter"}


def test_she_is_not_put_back_because_something_else_changed_at_that_moment(
    world: World, groups: Any, kari: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.subscribe(kari, "newsletter", "offers")
    world.work()
    del groups[OFFERS][kari]
    push = Groups.push

    def and_she_is_renamed(self: Groups, profile: Profile) -> Outcome:
        outcome = push(self, profile)
        world.meet(kari, name="Kari Hansen")
        return outcome

    monkeypatch.setattr(Groups, "push", and_she_is_renamed)
    world.push_again(kari)
    world.work()
    assert world.granted(kari) == {"newsletter"} and kari not in groups[OFFERS]


def test_her_own_new_yes_puts_her_back(world: World, groups: Any, kari: str) -> None:
    world.subscribe(kari, "newsletter", "offers")
    world.work()
    del groups[OFFERS][kari]
    world.push_again(kari)
    world.work()
    assert world.granted(kari) == {"newsletter"} and kari not in groups[OFFERS]
    world.subscribe(kari, "offers")
    world.work()
    assert kari in groups[NEWS] and kari in groups[OFFERS]


def test_whoever_is_in_several_groups_is_one_person(world: World, groups: Any, kari: str) -> None:
    world.subscribe(kari, "newsletter", "offers")
    world.work()
    for group in (NEWS, OFFERS):
        join(groups, group, "stranger@example.no")
    found = run(world, "google_groups", mend=True)
    assert (found.members, *numbers(found)) == (2, 0, 0, 0, 1)
    assert "stranger@example.no" in groups[NEWS] and "stranger@example.no" in groups[OFFERS]


def test_whoever_runs_a_group_is_neither_missed_nor_taken_out(world: World, groups: Any, kari: str, ola: str) -> None:
    """Kari consents to both and runs one of the groups; Ola has said nothing, and runs both."""
    world.meet(ola)
    for group, address in ((OFFERS, kari), (NEWS, ola), (OFFERS, ola)):
        Directory(groups).insert(group, {"email": address, "role": "OWNER"})
    world.subscribe(kari, "newsletter", "offers")
    world.work()
    found = run(world, "google_groups", mend=True)
    assert (found.members, *numbers(found)) == (1, 0, 0, 0, 0)
    assert (set(groups[NEWS]), set(groups[OFFERS])) == ({kari, ola}, {kari, ola})


def test_a_group_that_is_not_in_our_settings_is_left_alone(world: World, groups: Any, kari: str) -> None:
    world.subscribe(kari, "newsletter")
    world.work()
    join(groups, STAFF, kari)
    join(groups, STAFF, "stranger@example.no")
    found = run(world, "google_groups", mend=True)
    assert (found.members, *numbers(found)) == (1, 0, 0, 0, 0)
    assert set(groups[STAFF]) == {kari, "stranger@example.no"}


def test_a_tag_without_consent_is_taken_off_and_a_missing_one_is_set(world: World, kari: str, ola: str) -> None:
    for address in (kari, ola):
        world.subscribe(address, "newsletter")
    world.work()
    tags = [world.mailchimp.audience.contacts[member_id(address)].tags for address in (kari, ola)]
    tags[0] |= {"offers": "2026-01-01T00:00:00+00:00", "VIP": "2026-01-01T00:00:00+00:00"}
    tags[1].clear()
    assert numbers(run(world, "mailchimp", mend=True)) == (1, 0, 1, 0)
    world.work()
    assert world.at_mailchimp(kari) == ("subscribed", {"newsletter", "VIP"})
    assert world.at_mailchimp(ola) == ("subscribed", {"newsletter"})
    assert numbers(run(world, "mailchimp")) == (0, 0, 0, 0)


def test_the_tags_of_whoever_has_left_are_no_drift(world: World, kari: str) -> None:
    world.subscribe(kari, "newsletter")
    world.work()
    world.withdraw(kari)
    world.work()
    world.mailchimp.audience.contacts[member_id(kari)].tags["offers"] = "2026-01-01T00:00:00+00:00"
    assert numbers(run(world, "mailchimp")) == (0, 0, 0, 0)


@pytest.mark.parametrize(("count", "state"), [(20, "done"), (21, "asking")])
def test_the_bound_counts_people_and_not_their_lists(world: World, groups: Any, count: int, state: str) -> None:
    for number in range(count):
        world.meet(f"person{number}@example.no")
        for group in (NEWS, OFFERS):
            join(groups, group, f"person{number}@example.no")
    found = run(world, "google_groups", mend=True)
    assert (found.surplus, found.state) == (count, state)
    world.work()
    assert len(groups[NEWS]) == len(groups[OFFERS]) == (count if state == "asking" else 0)


# A processor that let nobody in


def open_with(world: World, key: str) -> None:
    """Whoever runs the service changes the key and starts it again."""
    world.app.config["MAILCHIMP_API_KEY"] = key
    world.app.extensions["processors"] = None


def test_who_was_turned_away_with_a_wrong_key_is_added_once_it_is_mended(world: World, kari: str) -> None:
    open_with(world, "expired-us1")
    world.subscribe(kari)
    world.work()
    assert any("Mailchimp answered 401" in error for error in world.failed())
    assert run(world, "mailchimp", mend=True).state == "failed"
    open_with(world, KEY)
    assert numbers(run(world, "mailchimp", mend=True)) == (0, 0, 1, 0)
    world.work()
    assert world.at_mailchimp(kari) == ("subscribed", {"newsletter"})
    assert world.state(kari, "mailchimp") == "subscribed"


def test_who_was_turned_away_without_googles_permission_is_added_once_it_is_given(
    world: World, groups: Any, kari: str
) -> None:
    credentials = json.loads(world.app.config["GOOGLE_CREDENTIALS"])
    world.app.config["GOOGLE_CREDENTIALS"] = json.dumps({**credentials, "private_key": "lost"})
    world.subscribe(kari)
    world.work()
    world.app.config["GOOGLE_CREDENTIALS"] = json.dumps(credentials)
    world.app.extensions["processors"] = None
    assert numbers(run(world, "google_groups", mend=True)) == (0, 0, 1, 0)
    world.work()
    assert kari in groups[NEWS] and kari not in groups[OFFERS]


# A processor that behaves badly


class Sieve(Processor):
    """A list that may stop in the middle."""

    name = "sandbox"

    def __init__(self, *addresses: str, error: Exception | None = None) -> None:
        self.addresses, self.error = addresses, error
        self.open: list[bool] = []

    def push(self, profile: Profile) -> Outcome:
        return Outcome("subscribed" if profile.granted else "unsubscribed")

    def members(self) -> Iterator[Member]:
        for address in self.addresses:
            self.open.append(db.session().in_transaction())
            yield Member(address, True)
        if self.error:
            raise self.error


def use(world: World, sieve: Sieve) -> Sieve:
    world.app.extensions["processors"] = {"sandbox": sieve}
    return sieve


def test_no_transaction_is_open_while_the_list_is_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "BATCH", 2)
    sieve = use(world, Sieve(*(f"person{number}@example.no" for number in range(7))))
    assert run(world).strangers == 7
    assert sieve.open == [False] * 7


def test_a_half_read_list_is_no_list(world: World, kari: str) -> None:
    world.subscribe(kari)
    world.work()
    sieve = use(world, Sieve("stranger@example.no", error=Retry("the line went dead")))
    found = run(world, mend=True)
    assert (found.state, found.error) == ("waiting", "the line went dead")
    sieve.addresses, sieve.error = (kari,), None
    with time_machine.travel(now() + timedelta(hours=1)):
        world.work()
    with world.app.app_context():
        again = db.session.get_one(DriftRun, found.id)
        assert (again.state, *numbers(again)) == ("done", 0, 0, 0, 0)
        assert db.session.scalars(select(DriftStranger)).all() == []


def test_a_list_that_may_not_be_read_is_a_failure_that_is_said(world: World) -> None:
    use(world, Sieve(error=Rejected("no right to read the list")))
    found = run(world)
    assert (found.state, found.error) == ("failed", "no right to read the list")
    assert any("no right" in error for error in world.failed())


def test_mailchimp_that_breaks_off_in_the_middle(world: World, kari: str) -> None:
    world.subscribe(kari)
    world.work()
    world.mailchimp.fail(Answer(200, b'{"members": ['), path="/members")
    assert run(world, "mailchimp", mend=True).state == "waiting"
    assert world.granted(kari) == {"newsletter"}
    assert world.at_mailchimp(kari)[0] == "subscribed"


def test_a_run_that_died_in_the_middle_begins_anew(world: World, kari: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world.meet(kari)
    put_on(world, kari)
    put_on(world, "stranger@example.no")

    def die(*_: Any) -> None:
        raise RuntimeError("the worker died")

    with monkeypatch.context() as patch:
        patch.setattr(jobs.service, "finish", die)
        found = run(world, mend=True)
    assert found.state == "running"
    with time_machine.travel(now() + timedelta(minutes=1)):
        world.work()
    with world.app.app_context():
        again = db.session.get_one(DriftRun, found.id)
        assert (again.state, again.mended, *numbers(again)) == ("done", 1, 1, 0, 0, 1)
        assert len(db.session.scalars(select(DriftFinding)).all()) == 1
    assert world.at_sandbox(kari)[0] == "unsubscribed"


# Every night


def test_every_night_all_lists_are_compared_and_mended(world: World, kari: str) -> None:
    world.meet(kari)
    put_on(world, kari)
    with world.app.app_context():
        jobs.nightly()
        jobs.nightly()
        waiting = db.session.scalars(select(OutboxRow.kind).where(OutboxRow.done_at.is_(None))).all()
    assert waiting.count("sync.drift") == 2  # the sandbox and Mailchimp, once each
    world.work()
    assert world.at_sandbox(kari)[0] == "unsubscribed"


def test_a_paused_list_is_compared_when_it_goes_on(world: World) -> None:
    with world.app.app_context():
        outbox.hold("sandbox")
        db.session.commit()
    assert run(world).state == "waiting"
    assert run(world).id == 1
    with world.app.app_context():
        outbox.release("sandbox")
        db.session.commit()
    world.work()
    with world.app.app_context():
        assert db.session.get_one(DriftRun, 1).state == "done"


def test_comparing_and_mending_are_on_record_in_numbers_only(world: World) -> None:
    crowd(world, 2)
    run(world, mend=True)
    with world.app.app_context():
        notes = [(row.action, row.note) for row in db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    told = "sandbox: 2 subscribed, 2 without consent, 0 gone, 0 missing, 0 strangers"
    assert notes == [("compared_list", told), ("mended_list", "sandbox: 2")]


def test_old_runs_are_forgotten(world: World) -> None:
    crowd(world, 1)
    run(world)
    with world.app.app_context(), time_machine.travel(now() + service.KEEP + timedelta(days=1)):
        service.tidy()
        db.session.commit()
        assert db.session.scalars(select(DriftRun)).all() == db.session.scalars(select(DriftFinding)).all() == []


# Bits, masks and the command


def test_a_person_is_one_bit() -> None:
    bits = people.Bits()
    for number in (1, 8, 200_000):
        bits.add(number)
    assert [number in bits for number in (0, 1, 2, 8, 199_999, 200_000, 10**9)] == [
        False,
        True,
        False,
        True,
        False,
        True,
        False,
    ]
    assert len(bits._bytes) == 25_001


@pytest.mark.parametrize(("address", "shown"), [("kari@example.no", "k…@example.no"), ("@", "…@"), ("nobody", "n…")])
def test_a_stranger_is_shown_masked(address: str, shown: str) -> None:
    assert people.masked(address) == shown


def test_the_whole_list_of_strangers_is_shown_and_not_kept(world: World) -> None:
    put_on(world, "stranger@example.no")
    done = command(world, "--strangers")
    assert done.output.splitlines() == ["stranger@example.no"]
    with world.app.app_context():
        assert db.session.scalars(select(DriftStranger)).all() == []


def test_a_yes_is_about_one_list(world: World) -> None:
    done = world.app.test_cli_runner().invoke(args=["drift", "--mend", "--yes", "5"])
    assert done.exit_code == 2 and "--processor" in done.output
    assert world.app.test_cli_runner().invoke(args=["drift", "--processor", "pigeon"]).exit_code == 2


def test_the_metrics_say_how_far_lists_and_ledger_are_apart(world: World, kari: str) -> None:
    world.meet(kari)
    put_on(world, kari)
    put_on(world, "stranger@example.no")
    run(world)
    told = world.app.test_client().get("/metrics").text
    assert 'samtykke_drift_surplus{processor="sandbox"} 1.0' in told
    assert 'samtykke_drift_strangers{processor="sandbox"} 1.0' in told
    assert 'samtykke_drift_age_seconds{processor="sandbox"}' in told
    assert kari not in told and "stranger@" not in told
