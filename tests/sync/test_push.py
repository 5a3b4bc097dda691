"""One person at every processor: pushed as the ledger says, never introduced in order to say goodbye."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import select

from app import contacts, outbox
from app.clock import now
from app.contacts import suppression
from app.extensions import db
from app.outbox.models import OutboxRow
from app.processors.base import Outcome, Processor, Profile, Rejected, Retry
from app.sync import service
from app.sync.models import ProcessorState
from tests.sync.world import World


class Fake(Processor):
    """Answers what it is told to, and may do something in the middle of a call."""

    name = "sandbox"

    def __init__(self, answer: Outcome | Exception | None = None, meanwhile: Callable[[], Any] | None = None) -> None:
        self.answer, self.meanwhile, self.told = answer, meanwhile, list[Profile]()

    def push(self, profile: Profile) -> Outcome:
        self.told.append(profile)
        if self.meanwhile:
            act, self.meanwhile = self.meanwhile, None
            act()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer or Outcome("subscribed" if profile.granted else "unsubscribed")


def use(world: World, fake: Fake) -> Fake:
    world.app.extensions["processors"] = {"sandbox": fake}
    return fake


def test_who_confirms_is_on_every_list(world: World, kari: str) -> None:
    world.meet(kari, name="Kari Nordmann")
    world.subscribe(kari, "newsletter")
    world.work()
    assert world.at_sandbox(kari) == ("subscribed", {"newsletter"})
    assert world.at_mailchimp(kari) == ("subscribed", {"newsletter"})
    assert world.state(kari, "sandbox") == world.state(kari, "mailchimp") == "subscribed"


def test_who_withdraws_is_off_every_list(world: World, kari: str) -> None:
    world.subscribe(kari, "newsletter", "offers")
    world.work()
    world.withdraw(kari)
    world.work()
    assert world.at_sandbox(kari) == ("unsubscribed", set())
    assert world.at_mailchimp(kari) == ("unsubscribed", set())


def test_taking_back_one_purpose_leaves_the_other(world: World, kari: str) -> None:
    world.subscribe(kari, "newsletter", "offers")
    world.work()
    world.withdraw(kari, "offers")
    world.work()
    assert world.at_sandbox(kari) == world.at_mailchimp(kari) == ("subscribed", {"newsletter"})


def test_who_only_asked_is_introduced_to_nobody(world: World, kari: str) -> None:
    world.ask(kari)
    world.push_again(kari)
    world.work()
    assert world.at_sandbox(kari) == world.at_mailchimp(kari) == ("", set())
    assert world.mailchimp.calls == []
    assert world.state(kari, "mailchimp") == "not_held"


def test_a_goodbye_is_not_an_introduction(world: World, kari: str) -> None:
    world.subscribe(kari)
    world.withdraw(kari)
    world.work()
    assert world.mailchimp.calls == []
    assert world.at_sandbox(kari) == ("", set())


def test_nobody_is_called_about_somebody_they_never_met(world: World, kari: str) -> None:
    fake = use(world, Fake())
    world.ask(kari)
    for _ in range(2):
        world.push_again(kari)
        world.work()
    row = world.told(kari, "sandbox")
    assert row is not None and (row.state, row.met_at) == ("not_held", None)
    assert fake.told == []


def test_a_doubled_job_changes_nothing(world: World, kari: str) -> None:
    world.subscribe(kari)
    world.work()
    before = world.everything(kari)
    world.push_again(kari)
    world.work()
    assert world.everything(kari) == before


def test_the_acquaintance_is_noted_before_the_call(world: World, kari: str) -> None:
    met: list[bool] = []
    fake = use(world, Fake(meanwhile=lambda: met.append(bool(world.told(kari, "sandbox").met_at))))  # type: ignore[union-attr]
    world.subscribe(kari)
    world.work()
    assert met == [True] and len(fake.told) == 1


def test_a_call_whose_answer_was_lost_is_still_taken_back(world: World, kari: str) -> None:
    fake = use(world, Fake(Retry("the line went dead")))
    world.subscribe(kari)
    world.work()
    world.withdraw(kari)
    fake.answer = None
    world.work()
    assert [profile.granted for profile in fake.told] == [["newsletter"], []]
    assert fake.told[-1].acquainted


def test_no_transaction_is_open_while_the_world_is_spoken_to(world: World, kari: str) -> None:
    held: list[bool] = []
    use(world, Fake(meanwhile=lambda: held.append(db.session().in_transaction())))
    world.subscribe(kari)
    world.work()
    assert held == [False]


def test_what_changes_during_the_call_is_told_after_it(world: World, kari: str) -> None:
    fake = use(world, Fake(meanwhile=lambda: world.withdraw(kari)))
    world.subscribe(kari)
    world.work()
    assert [profile.granted for profile in fake.told] == [["newsletter"], []]
    assert world.state(kari, "sandbox") == "unsubscribed"


def test_a_call_that_was_overtaken_is_made_good(world: World, kari: str) -> None:
    """The lease ran out, another worker told the newer state, and then the old call arrived after all."""

    def overtake() -> None:
        world.withdraw(kari)
        with world.app.app_context():
            contact = contacts.find(kari)
            assert contact is not None
            told = service.prepare(contact.id, "sandbox")
            assert told is not None
            service.record(contact.id, "sandbox", told, Outcome("unsubscribed"))
            db.session.execute(db.text("DELETE FROM outbox WHERE claimed_until IS NULL"))
            db.session.commit()

    fake = use(world, Fake(meanwhile=overtake))
    world.subscribe(kari)
    world.work()
    assert [profile.granted for profile in fake.told] == [["newsletter"], []]
    assert world.state(kari, "sandbox") == "unsubscribed"


def test_whoever_was_forgotten_during_the_call_leaves_no_row(world: World, kari: str) -> None:
    use(world, Fake(meanwhile=lambda: world.forget(kari)))
    world.subscribe(kari)
    world.work()
    with world.app.app_context():
        assert db.session.query(ProcessorState).count() == 0
    assert world.failed() == []


def test_a_job_about_somebody_forgotten_is_done(world: World, kari: str) -> None:
    world.subscribe(kari)
    world.forget(kari)
    world.work()
    assert world.failed() == [] and world.mailchimp.calls == []


def test_a_job_for_a_processor_that_was_turned_off_is_done(world: World, kari: str) -> None:
    world.subscribe(kari)
    world.push_again(kari)
    with world.app.app_context():
        outbox.enqueue("sync.bulk", "mailchimp:1-9", lane="mailchimp:1-9")
        outbox.enqueue("sync.test", "mailchimp", lane="test:mailchimp")
        db.session.commit()
    world.app.extensions["processors"] = {}
    world.work()
    assert world.failed() == []


def test_whom_we_must_leave_alone_has_granted_nothing(app: Flask, world: World, kari: str) -> None:
    world.subscribe(kari, "newsletter", "offers")
    world.work()
    with app.app_context():
        suppression.suppress(kari, "offers", "complained")
        db.session.commit()
    world.push_again(kari)
    world.work()
    assert world.at_sandbox(kari) == ("subscribed", {"newsletter"})
    with app.app_context():
        suppression.suppress(kari, suppression.ALL, "bounced")
        db.session.commit()
    world.push_again(kari)
    world.work()
    assert world.at_sandbox(kari) == world.at_mailchimp(kari) == ("unsubscribed", set())


def test_a_refusal_is_noted_and_waits_for_staff(world: World, kari: str) -> None:
    use(world, Fake(Rejected("the list is full")))
    world.subscribe(kari)
    world.work()
    row = world.told(kari, "sandbox")
    assert row is not None and (row.state, row.text) == ("manual", "the list is full")
    assert len(world.failed()) == 1 and "the list is full" in world.failed()[0]


def test_a_refusal_of_everybody_says_nothing_of_her(world: World, kari: str) -> None:
    closed = Fake(Rejected("the key has expired", everybody=True))
    use(world, closed)
    world.subscribe(kari)
    world.work()
    row = world.told(kari, "sandbox")
    assert row is not None and (row.state, row.text) == ("waiting", "the key has expired")
    assert len(world.failed()) == 1 and "the key has expired" in world.failed()[0]
    use(world, Fake())
    world.push_again(kari)
    world.work()
    use(world, closed)
    world.withdraw(kari)
    world.work()
    row = world.told(kari, "sandbox")
    assert row is not None and (row.state, row.text) == ("subscribed", "the key has expired")


def test_since_is_when_the_state_began(world: World, kari: str) -> None:
    world.subscribe(kari)
    world.work()
    first = world.told(kari, "sandbox")
    world.push_again(kari)
    world.work()
    again = world.told(kari, "sandbox")
    assert first and again and first.since == again.since <= now()


def test_who_left_at_a_processor_without_our_knowing_has_withdrawn(world: World, kari: str) -> None:
    """The webhook was lost; the next call finds out."""
    world.subscribe(kari)
    world.work()
    world.leave_sandbox(kari)
    world.push_again(kari)
    world.work()
    assert world.consents(kari) == {"newsletter": "withdrawn"}
    assert world.at_mailchimp(kari) == ("unsubscribed", set())


def test_kari_subscribes_and_ola_is_left_alone(world: World, kari: str, ola: str) -> None:
    world.meet(ola, name="Ola Nordmann")
    world.subscribe(ola, "newsletter", "offers")
    world.work()
    before = world.everything(ola)
    world.meet(kari, name="Kari Nordmann")
    world.subscribe(kari)
    world.work()
    world.withdraw(kari)
    world.work()
    assert world.everything(ola) == before


def test_every_processor_has_a_lane_for_every_person(world: World, kari: str) -> None:
    contact_id = world.meet(kari)
    with world.app.app_context():
        outbox.enqueue("consent.follow", contact_id)
        outbox.enqueue("consent.follow", contact_id)
        db.session.commit()
        outbox.drain(limit=1)
        lanes = db.session.scalars(select(OutboxRow.lane).where(OutboxRow.kind == "sync.push"))
        assert sorted(lanes) == [f"mailchimp:{contact_id}", f"sandbox:{contact_id}"]
