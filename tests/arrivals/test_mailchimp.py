"""`flask import mailchimp`: the audience that is connected comes along."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from app import outbox
from app.arrivals import service
from app.arrivals.models import ArrivalRun
from app.extensions import db
from app.letters.models import Letter
from app.processors.mailchimp import audience
from app.processors.mailchimp.listed import listed
from tests.arrivals.conftest import Office
from tests.support.mailchimp_server import Answer
from tests.support.mailchimp_store import member_id

PROOF = {"timestamp_opt": "2024-03-02T12:00:00+00:00", "ip_opt": "203.0.113.9", "source": "Hosted Signup Form"}


def joins(office: Office, address: str, status: str = "subscribed", **data: Any) -> None:
    contact = office.mailchimp.store.joins(office.mailchimp.audience, address, status, **{**PROOF, **data})
    contact.data["merge_fields"] |= {"FNAME": "Kari", "LNAME": "Nordmann"}


def test_she_comes_in_with_the_proof_that_mailchimp_has(office: Office, kari: str) -> None:
    joins(office, kari, language="en")
    office.imports("mailchimp")
    assert office.consents(kari) == {"newsletter": "confirmed"}
    assert office.values(kari) == {"name": "Kari Nordmann"}
    facts = office.evidence(kari)[0]
    assert (facts["list"], facts["list_id"]) == ("mailchimp", office.mailchimp.audience.id)
    assert (facts["level"], facts["ip"], facts["source"]) == ("B", "203.0.113.0/24", "Hosted Signup Form")
    assert facts["opt_in_at"] == "2024-03-02T12:00:00.000Z"


def test_she_is_known_to_be_known_there(office: Office, kari: str) -> None:
    joins(office, kari)
    office.imports("mailchimp")
    row = office.told(kari)
    assert row.met_at is not None and row.state == "subscribed"


def test_a_withdrawal_here_reaches_mailchimp_afterwards(office: Office, kari: str, ola: str) -> None:
    joins(office, kari)
    joins(office, ola)
    office.imports("mailchimp")
    office.work()
    office.withdraw(kari)
    office.work()
    assert office.at_mailchimp(kari)[0] == "unsubscribed"
    assert office.at_mailchimp(ola)[0] == "subscribed"


def test_who_withdrew_here_and_stands_there_is_taken_off_there(office: Office, kari: str) -> None:
    office.subscribe(kari)
    office.withdraw(kari)
    office.work()
    joins(office, kari)
    assert office.told(kari) is None or office.told(kari).met_at is None
    office.imports("mailchimp")
    office.work()
    assert office.at_mailchimp(kari)[0] == "unsubscribed"
    assert office.consents(kari) == {"newsletter": "withdrawn"}


@pytest.mark.parametrize(("status", "scopes"), [("unsubscribed", {"newsletter"}), ("cleaned", {"all"})])
def test_who_left_there_comes_as_withdrawn(office: Office, kari: str, status: str, scopes: set[str]) -> None:
    joins(office, kari)
    office.leave_mailchimp(kari, status)
    office.imports("mailchimp")
    office.work()
    assert office.consents(kari) == {"newsletter": "withdrawn"}
    assert office.suppressed(kari) == scopes
    assert office.at_mailchimp(kari)[0] == status


@pytest.mark.parametrize("status", ["pending", "transactional", "archived"])
def test_who_never_said_yes_or_was_put_away_stays_out(office: Office, kari: str, status: str) -> None:
    joins(office, kari, status)
    said = office.imports("mailchimp", "--yes", "--vouched-by", "Siri")
    assert f"{status} 1" in said
    assert not office.known(kari)


def test_a_member_without_proof_is_doubtful(office: Office, kari: str) -> None:
    joins(office, kari)
    for name in PROOF:
        del office.mailchimp.audience.contact(member_id(kari)).data[name]
    office.imports("mailchimp")
    assert not office.known(kari)
    office.imports("mailchimp", "--yes", "--vouched-by", "Siri Sørby")
    assert office.evidence(kari)[0]["level"] == "D"


def test_no_letter_is_sent_and_ola_is_left_alone(office: Office, kari: str, ola: str) -> None:
    office.subscribe(ola)
    office.work()
    letters, told = office.count(Letter), office.told(ola).met_at
    joins(office, kari)
    office.imports("mailchimp")
    office.work()
    assert office.count(Letter) == letters
    assert office.happened(ola) == ["requested", "confirmed"]
    assert office.at_mailchimp(ola) == office.at_sandbox(ola) == ("subscribed", {"newsletter"})
    assert office.told(ola).met_at == told


def test_pages_are_read_one_after_the_other(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience, "PAGE", 3)
    for number in range(8):
        joins(office, f"p{number}@example.no")
    office.imports("mailchimp", "--dry-run")
    assert office.run().counts == {} and office.run().preview == {"new": 8, "new:B": 8}
    asked = [call.query for call in office.mailchimp.asked("GET", "/members")]
    assert [query["offset"] for query in asked if "status" not in query] == ["0", "3", "6"]


def test_importing_twice_is_once(office: Office, kari: str) -> None:
    joins(office, kari)
    office.imports("mailchimp")
    office.imports("mailchimp")
    assert office.happened(kari) == ["imported"]
    assert office.run().counts == {"known": 1, "known:confirmed": 1}


def test_a_mailchimp_that_does_not_answer_is_said(office: Office, kari: str) -> None:
    joins(office, kari)
    office.mailchimp.fail(Answer(503), "GET", "/members")
    done = office.app.test_cli_runner().invoke(args=["import", "mailchimp"])
    assert done.exit_code == 1 and "503" in done.output and kari not in done.output
    assert not office.known(kari)


def test_without_an_audience_there_is_nothing_to_import(app) -> None:
    done = app.test_cli_runner().invoke(args=["import", "mailchimp"])
    assert done.exit_code == 1 and "not turned on" in done.output


def test_what_mailchimp_left_empty_is_nothing() -> None:
    row = {"email_address": "kari@example.no", "status": "subscribed", "timestamp_opt": "", "ip_opt": "unknown"}
    found = listed({**row, "merge_fields": {"FNAME": "Kari", "PHONE": 5}, "timestamp_signup": "2024-03-02T12:00:00"})
    assert (found.network, found.phone, found.name, found.left_at) == ("", "", "Kari", None)
    assert found.opt_in_at and found.opt_in_at.isoformat() == "2024-03-02T12:00:00+00:00"


def test_whom_mailchimp_took_back_after_she_withdrew_here_is_taken_off_again(office: Office, kari: str) -> None:
    office.subscribe(kari)
    office.work()
    office.withdraw(kari)
    office.work()
    office.mailchimp.audience.contacts[member_id(kari)].data["status"] = "subscribed"
    office.imports("mailchimp")
    office.work()
    assert office.at_mailchimp(kari)[0] == "unsubscribed"


def test_an_audience_is_not_read_while_mailchimp_is_paused_and_a_file_is(office: Office, kari: str) -> None:
    joins(office, kari)
    what = {"purpose": "newsletter", "site_id": office.site_id, "actor": "cli", "vouched_by": "", "unproven": False}
    with office.app.app_context():
        outbox.hold("mailchimp")
        file = service.receive(BytesIO(b"e-post,dato\nola@example.no,2024-01-01\n"), **what).id
        audience_ = service.receive_audience(office.mailchimp.audience.id, **what).id
        db.session.commit()
    calls = len(office.mailchimp.calls)
    office.work()
    with office.app.app_context():
        assert db.session.get_one(ArrivalRun, file).state == "ready"
        assert db.session.get_one(ArrivalRun, audience_).state == "previewing"
        assert len(office.mailchimp.calls) == calls
        outbox.release("mailchimp")
        db.session.commit()
    office.work()
    with office.app.app_context():
        assert service.go(db.session.get_one(ArrivalRun, audience_))
        outbox.hold("mailchimp")
        db.session.commit()
    office.work()
    assert not office.known(kari)
    with office.app.app_context():
        outbox.release("mailchimp")
        db.session.commit()
    office.work()
    assert office.consents(kari) == {"newsletter": "confirmed"}
