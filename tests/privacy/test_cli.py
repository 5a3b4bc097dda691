"""`flask requests`: for whoever answers the telephone, and for whoever checks."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, text

from app.audit.models import AuditEntry
from app.contacts import service as contacts
from app.extensions import db
from app.privacy import identity
from app.privacy.models import KINDS, PrivacyRequest

Run = Callable[..., str]
REQUEST = ["number", "id", "kind", "state", "received_at", "due_at"]
TASK = ["holder", "act", "state", "found", "left", "text", "law", "until", "check_at"]
PHONED = ("--identified-by", "called back on the number we had")


@pytest.mark.parametrize("number", ["9" * 23, "0", "-1", str(2**63)])
@pytest.mark.parametrize("verb", ["show", "approve"])
def test_a_number_that_no_request_can_have_is_said(verb: str, number: str, app: Any) -> None:
    done = app.test_cli_runner().invoke(args=["requests", verb, "--", number])
    assert done.exit_code == 2 and "is not in the range" in done.output


def test_the_last_number_there_is_belongs_to_no_request(flask: Run) -> None:
    assert "There is no request" in flask("show", str(2**63 - 1), code=1)


@pytest.fixture
def flask(app: Any, demo: Any) -> Run:
    def run(*args: str, code: int = 0) -> str:
        done = app.test_cli_runner().invoke(args=["requests", *args])
        assert done.exit_code == code, done.output
        return done.output

    return run


def opened(flask: Run, kind: str = "access", address: str = "kari@example.no", *options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(flask("open", kind, address, *PHONED, *options, "--json"))
    return found


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "rectification"])
def test_a_request_is_opened_for_an_address_nobody_knows(app: Any, flask: Run, kind: str) -> None:
    found = opened(flask, kind)
    assert list(found) == [*REQUEST, "tasks"]
    assert (found["number"], found["kind"], found["state"], found["tasks"]) == (1, kind, "received", [])
    with app.app_context():
        row = db.session.get_one(PrivacyRequest, 1)
        assert (row.word, row.origin, row.actor) == (found["id"], "cli", "cli")
        assert row.identified_by == PHONED[1] and contacts.find("kari@example.no") is None


def test_a_new_address_waits_until_its_mailbox_has_answered(flask: Run) -> None:
    found = opened(flask, "rectification", "kari@example.no", "--set", "email=kari.ny@example.no")
    assert found["state"] == "identity_pending"


def test_show_tells_the_tasks_once_it_is_planned(flask: Run, worker: Any) -> None:
    number = opened(flask, "erasure")["number"]
    worker()
    found = json.loads(flask("show", str(number), "--json"))
    assert found["state"] == "awaiting_approval"
    assert {"own", "sandbox"} <= {task["holder"] for task in found["tasks"]}
    assert all(list(task) == TASK for task in found["tasks"])
    for prose in (flask("show", str(number)), flask("list")):
        assert "awaiting_approval" in prose and "{" not in prose and "kari" not in prose


def test_approval_lets_the_worker_carry_it_out_once(flask: Run, worker: Any) -> None:
    opened(flask, "erasure")
    worker()
    assert "approved" in flask("approve", "1")
    assert "does not wait" in flask("approve", "1", code=1)
    worker()
    assert json.loads(flask("show", "1", "--json"))["state"] == "completed"
    assert flask("verify").startswith("OK: 1 requests")


def test_a_plan_that_has_changed_since_it_was_shown_is_not_approved(flask: Run, worker: Any) -> None:
    opened(flask, "erasure")
    worker()
    assert "changed" in flask("approve", "1", "--plan", "0" * 64, code=1)


def test_the_list_holds_what_is_open_soonest_first_and_with_all_the_rest(app: Any, flask: Run) -> None:
    assert "No request" in flask("list")
    first, second = opened(flask)["number"], opened(flask, "erasure", "ola@example.no")["number"]
    with app.app_context():
        db.session.get_one(PrivacyRequest, first).state = "completed"
        db.session.commit()
    shown = json.loads(flask("list", "--json"))
    assert [row["number"] for row in shown] == [second] and list(shown[0]) == REQUEST
    assert [row["number"] for row in json.loads(flask("list", "--all", "--json"))] == [first, second]


def test_a_repeat_names_the_request_that_counts(flask: Run) -> None:
    opened(flask)
    assert "see request 1" in flask("open", "access", "Kari@Example.no", *PHONED)


def test_corrections_and_wishes_are_sealed_with_the_request(app: Any, flask: Run) -> None:
    opened(flask, "rectification", "kari@example.no", "--set", "name=Kari = Nordmann", "--set", "phone=")
    opened(flask, "erasure", "kari@example.no", "--set", "copy_first=yes", "--ground", "withdrawn")
    with app.app_context():
        wishes = [
            identity.unseal(row.wishes)
            for row in db.session.scalars(select(PrivacyRequest).order_by(PrivacyRequest.id))
        ]
        assert wishes == [{"changes": {"name": "Kari = Nordmann", "phone": ""}}, {"copy_first": True}]
        assert "Nordmann" not in repr(db.session.execute(text("SELECT * FROM privacy_request")).all())


def test_the_clock_starts_on_the_day_it_reached_the_company(flask: Run) -> None:
    found = opened(flask, "access", "kari@example.no", "--received", "2026-01-31")
    assert (found["received_at"], found["due_at"]) == ("2026-01-30T23:00:00.000Z", "2026-02-28T22:59:59.999Z")


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("open", "revenge", "kari@example.no", *PHONED), "revenge"),
        (("open", "access", "not an address", *PHONED), "not an e-mail address"),
        (("open", "access", "kari@example.no"), "--identified-by"),
        (("open", "access", "kari@example.no", "--identified-by", " "), "say how"),
        (("open", "access", "kari@example.no", "--identified-by", "kari@example.no"), "without an address"),
        (("open", "access", "kari@example.no", *PHONED, "--ground", "unlawful"), "not a ground"),
        (("open", "rectification", "kari@example.no", *PHONED), "a correction needs"),
        (("open", "rectification", "kari@example.no", *PHONED, "--set", "shoe=42"), "a correction needs"),
        (("open", "rectification", "kari@example.no", *PHONED, "--set", "email=kari"), "not an e-mail address"),
        (
            ("open", "rectification", "kari@example.no", *PHONED, "--set", "email=k@example.no", "--set", "name=K"),
            "a request of its own",
        ),
        (("open", "rectification", "kari@example.no", *PHONED, "--set", "name"), "NAME=VALUE"),
        (("open", "erasure", "kari@example.no", *PHONED, "--set", "copy_first=perhaps"), "copy_first"),
        (("open", "access", "kari@example.no", *PHONED, "--set", "name=Kari"), "only a rectification"),
        (("open", "access", "kari@example.no", *PHONED, "--received", "2999-01-01"), "in the future"),
        (("show", "one"), "one"),
    ],
)
def test_what_cannot_be_understood_is_refused_and_nothing_opened(
    app: Any, flask: Run, args: tuple[str, ...], says: str
) -> None:
    assert says in flask(*args, code=2)
    with app.app_context():
        assert db.session.scalars(select(PrivacyRequest)).all() == []


@pytest.mark.parametrize("command", ["show", "approve"])
def test_a_number_that_no_request_has_is_said(flask: Run, command: str) -> None:
    assert "no request 7" in flask(command, "7", code=1)


def test_without_a_site_nothing_can_be_asked(app: Any) -> None:
    done = app.test_cli_runner().invoke(args=["requests", "open", "access", "kari@example.no", *PHONED])
    assert done.exit_code == 1 and "no site" in done.output


def test_verify_names_what_is_not_as_it_was_written(app: Any, flask: Run) -> None:
    opened(flask)
    assert flask("verify").startswith("OK: 1 requests with 1 steps")
    with app.app_context():
        db.session.get_one(PrivacyRequest, 1).state = "completed"
        db.session.commit()
    assert "BROKEN: request 1 stands at completed" in flask("verify", code=1)


def test_replay_says_what_it_did_and_twice_is_once(flask: Run) -> None:
    assert "erased 0" in flask("replay")
    assert "erased 0" in flask("replay")


def test_who_opened_and_approved_is_on_record_without_the_address(app: Any, flask: Run, worker: Any) -> None:
    opened(flask, "erasure")
    worker()
    flask("approve", "1")
    with app.app_context():
        rows = list(db.session.scalars(select(AuditEntry).where(AuditEntry.object == "request:1")))
        assert [(row.actor, row.action) for row in rows] == [("cli", "opened_request"), ("cli", "approved_request")]
        assert "kari" not in repr([(row.subject, row.note) for row in rows])
