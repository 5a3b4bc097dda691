"""A plan is made before anything is changed, approved by its hash, and made anew when what it rests on has changed."""

from __future__ import annotations

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app.extensions import db
from app.outbox.models import OutboxRow
from app.privacy import identity, jobs, phases, planning
from app.privacy.models import KINDS
from app.privacy.phases import OWN
from app.processors import REGISTRY
from app.processors.base import Profile, Rejected, Retry
from tests.privacy.world import World


@pytest.fixture
def asked(world: World, kari: str) -> int:
    """Kari is on both lists, and wants to be erased. Nothing has been planned yet."""
    world.meet(kari, name="Kari Nordmann")
    world.subscribe(kari)
    world.work()
    return world.opens("erasure", kari)


# The order


@given(st.sampled_from(KINDS), st.sets(st.sampled_from(sorted(REGISTRY))), st.booleans())
def test_nothing_is_destroyed_before_it_is_stopped_and_copied_nor_read_before_it_is_destroyed(
    kind: str, names: set[str], copy_first: bool
) -> None:
    steps = phases.steps(kind, names, {"copy_first": copy_first})
    phase = {(step.act, step.holder): step.phase for step in steps}
    assert len(phase) == len(steps)
    erased = [at for (act, _), at in phase.items() if act == "erase"]
    for at in erased:
        assert all(other < at for (act, _), other in phase.items() if act in ("stop", "withdraw", "export", "archive"))
    changed = [(holder, at) for (act, holder), at in phase.items() if act in phases.CHANGES]
    assert all(phase["verify", holder] > at for holder, at in changed)
    assert max(phase.values()) == phase["forget", OWN] > phase["letter", OWN]
    if kind == "erasure":
        assert {holder for holder, _ in changed} == {OWN, *names}
        assert sorted(erased)[-1] == phase["erase", OWN]


def test_a_copy_comes_first_only_where_it_is_wanted() -> None:
    acts = {step.act for step in phases.steps("erasure", ["sandbox"], {"copy_first": "no"})}
    assert "export" not in acts and "archive" not in acts


# The plan


def test_what_is_found_is_written_down_sealed_before_anything_is_changed(
    world: World, app: Flask, asked: int, kari: str
) -> None:
    world.work()
    task = world.task(asked, "sandbox")
    assert (task.state, task.found, task.left) == ("planned", 1, None)
    assert kari.encode() not in task.sealed
    with app.app_context():
        profile, objects = identity.thaw(task.sealed)
    assert (profile.address, profile.name) == (kari, "Kari Nordmann")
    assert objects == [{"kind": "member", "id": kari}]
    assert world.at_sandbox(kari)[0] == "subscribed"


def test_an_approval_is_bound_to_the_plan_that_was_looked_at(world: World, asked: int, kari: str) -> None:
    world.work()
    seen = world.request(asked).plan_hash
    with pytest.raises(planning.PlanChanged):
        world.approves(asked, "0" * 64)
    world.approves(asked, seen)
    world.work()
    request = world.request(asked)
    assert (request.state, request.approved_by) == ("completed", "staff:1")


def test_what_has_changed_since_is_planned_and_looked_at_anew(world: World, asked: int, kari: str) -> None:
    world.work()
    seen = world.request(asked).plan_hash
    world.sandbox.erase(Profile(kari))
    world.approves(asked, seen)
    world.work()
    request = world.request(asked)
    assert request.state == "awaiting_approval" and request.plan_hash != seen and request.approved_by == ""
    assert world.at_mailchimp(kari)[0] == "subscribed"
    world.approves(asked)
    world.work()
    assert world.state(asked) == "completed"


def test_what_does_not_wait_cannot_be_approved(world: World, asked: int) -> None:
    with pytest.raises(planning.NothingToApprove):
        world.approves(asked)


@pytest.mark.settings(PRIVACY_APPROVAL="access, restriction")
def test_the_company_says_which_kinds_wait_for_staff(world: World, asked: int, kari: str) -> None:
    number = world.opens("access", kari)
    world.work()
    assert world.state(asked) == "completed" and world.state(number) != "completed"


def test_one_that_cannot_answer_is_asked_again_before_there_is_a_plan(
    world: World, monkeypatch: pytest.MonkeyPatch, asked: int
) -> None:
    def down(_profile: object) -> list[object]:
        raise Retry("sandbox: down")

    monkeypatch.setattr(world.sandbox, "find", down)
    world.work()
    assert world.state(asked) == "received" and world.tasks(asked) == {}
    monkeypatch.undo()
    with world.later(minutes=1):
        world.work()
    assert world.state(asked) == "awaiting_approval"


def test_one_that_refuses_to_say_is_unknown_and_keeps_the_request_from_being_completed(
    world: World, monkeypatch: pytest.MonkeyPatch, asked: int, kari: str
) -> None:
    def refuses(_profile: object) -> list[object]:
        raise Rejected("sandbox: not allowed to")

    monkeypatch.setattr(world.sandbox, "find", refuses)
    world.work()
    task = world.task(asked, "sandbox")
    assert (task.found, task.text) == (None, "sandbox: not allowed to")
    world.approves(asked)
    world.work()
    assert world.state(asked) == "needs_human" and world.task(asked, "sandbox", "verify").state == "failed"
    monkeypatch.undo()
    world.tries_again(asked, "sandbox", "verify")
    world.work()
    assert world.state(asked) == "completed"


def test_a_second_erasure_while_the_first_runs_is_a_duplicate_of_it(world: World, asked: int, kari: str) -> None:
    world.work()
    again = world.opens("erasure", kari)
    world.work()
    assert world.state(again) == "duplicate"
    world.approves(asked)
    world.work()
    assert world.state(asked) == "completed"


def test_jobs_run_twice_plan_and_carry_out_once(world: World, app: Flask, asked: int) -> None:
    world.work()
    tasks = {task.id for task in world.request(asked).tasks}
    with app.app_context():
        jobs.plan(str(asked))
    assert {task.id for task in world.request(asked).tasks} == tasks
    world.approves(asked)
    world.work()
    for _ in range(2):
        with app.app_context():
            jobs.plan(str(asked))
            jobs.advance(str(asked))
            jobs.task(f"sandbox:r{asked}")
    assert world.state(asked) == "completed"


def test_a_job_that_was_lost_is_asked_for_again(world: World, app: Flask, asked: int) -> None:
    with app.app_context():
        db.session.query(OutboxRow).filter(OutboxRow.kind == "privacy.plan").delete()
        db.session.commit()
    world.work()
    assert world.state(asked) == "received"
    with app.app_context():
        jobs.resume()
    world.work()
    assert world.state(asked) == "awaiting_approval"
