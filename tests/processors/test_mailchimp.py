"""Mailchimp keeps the contract; then what is particular to it, and the traps of its library."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from app.processors import build
from app.processors.base import ANY, Member, Outcome, Profile, Rejected, Retry
from app.processors.mailchimp import processor as module
from app.processors.mailchimp.audience import Audience
from app.processors.mailchimp.client import Client
from app.processors.mailchimp.processor import Mailchimp
from tests.processors.contract import Contract
from tests.processors.people import NOON, OLA, consent, kari, met, profile
from tests.support.mailchimp_server import AUDIENCE, KEY, Answer, MailchimpServer
from tests.support.mailchimp_store import MOST_FIELDS, Contact, member_id

KARI = "kari@example.no"
LATER = NOON + timedelta(hours=1)


class TestMailchimp(Contract):
    @pytest.fixture
    def processor(self, mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> Mailchimp:
        self.server = mailchimp_server
        return mailchimp

    def raw(self, address: str) -> bytes:
        contact = self.server.audience.contacts.get(member_id(address))
        return json.dumps(asdict(contact)).encode() if contact else b""

    def leave(self, address: str, at: datetime) -> None:
        leave(self.server, address, at)


def leave(server: MailchimpServer, address: str, at: datetime, status: str = "unsubscribed") -> None:
    server.store.clock = lambda: at
    server.store.leaves(server.audience, address, status)


def contact(server: MailchimpServer, address: str = KARI) -> Contact:
    return server.audience.contacts[member_id(address)]


def status(server: MailchimpServer, address: str = KARI) -> str:
    return str(contact(server, address).data["status"])


@pytest.fixture(autouse=True)
def no_second_letter(mailchimp_server: MailchimpServer):
    """`pending` would make Mailchimp send its own confirmation letter after ours."""
    yield
    assert [call for call in mailchimp_server.calls if b'"pending"' in call.raw] == []


# What a member is made of


def test_a_new_member_carries_the_proof(mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> None:
    mailchimp.push(kari("newsletter"))
    body = mailchimp_server.asked("PUT")[0].body
    assert body["status_if_new"] == "subscribed"
    assert "status" not in body
    assert (body["ip_signup"], body["timestamp_signup"]) == ("203.0.113.0", "2026-03-02T11:55:00+00:00")
    assert (body["ip_opt"], body["timestamp_opt"]) == ("203.0.113.0", "2026-03-02T12:00:00+00:00")
    assert body["language"] == "no"
    assert body["merge_fields"] == {"FNAME": "Kari", "SAMTYKKE": "https://example.no/u/15"}


@pytest.mark.parametrize(("ip", "sent"), [("203.0.113.0/24", "203.0.113.0"), ("2001:db8::/48", "2001:db8::")])
def test_the_proof_keeps_the_address_without_its_prefix(
    mailchimp: Mailchimp, mailchimp_server: MailchimpServer, ip: str, sent: str
) -> None:
    given = replace(consent("newsletter"), ip=ip)
    mailchimp.push(replace(kari(), consents={"newsletter": given}))
    assert mailchimp_server.asked("PUT")[0].body["ip_opt"] == sent


def test_the_proof_is_the_oldest_consent_still_given(mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> None:
    consents = {
        "newsletter": consent("newsletter", since=LATER),
        "offers": consent("offers", since=NOON.replace(tzinfo=None)),
        "other": consent("other", granted=False, since=NOON - timedelta(days=9)),
    }
    mailchimp.push(replace(kari(), consents=consents))
    assert mailchimp_server.asked("PUT")[0].body["timestamp_opt"] == "2026-03-02T12:00:00+00:00"


def test_an_address_in_capitals_is_the_same_member() -> None:
    assert module.member.member_id("Kari@Example.NO") == module.member.member_id(KARI)


def test_an_unreadable_ip_costs_nobody_the_subscription(
    mailchimp: Mailchimp, mailchimp_server: MailchimpServer
) -> None:
    given = replace(consent("newsletter"), ip="unknown")
    assert mailchimp.push(replace(kari(), consents={"newsletter": given})).state == "subscribed"
    assert "ip_opt" not in mailchimp_server.asked("PUT")[0].body


def test_the_withdrawal_link_gets_a_field_once(mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> None:
    mailchimp.push(kari("newsletter"))
    mailchimp.push(OLA)
    assert len(mailchimp_server.asked("POST", "/merge-fields")) == 1
    assert contact(mailchimp_server).data["merge_fields"]["SAMTYKKE"] == "https://example.no/u/15"


def test_an_audience_with_the_field_gets_no_second(mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> None:
    mailchimp_server.audience.add_field({"tag": "SAMTYKKE", "name": "Leave", "type": "url"})
    mailchimp.push(kari("newsletter"))
    assert mailchimp_server.asked("POST", "/merge-fields") == []


def test_the_field_is_found_beyond_the_first_ten(mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> None:
    for number in range(20):
        mailchimp_server.audience.add_field({"tag": f"F{number}", "name": "f", "type": "text"})
    mailchimp_server.audience.add_field({"tag": "SAMTYKKE", "name": "Leave", "type": "url"})
    mailchimp.push(kari("newsletter"))
    assert mailchimp_server.asked("POST", "/merge-fields") == []


def test_an_audience_without_room_for_the_field_takes_people_all_the_same_and_says_so(
    mailchimp: Mailchimp, mailchimp_server: MailchimpServer
) -> None:
    for number in range(MOST_FIELDS - len(mailchimp_server.audience.fields)):
        mailchimp_server.audience.add_field({"tag": f"F{number}", "name": "f", "type": "text"})
    assert mailchimp.push(kari("newsletter")).state == "subscribed"
    assert "SAMTYKKE" not in contact(mailchimp_server).data["merge_fields"]
    assert "no room for the field SAMTYKKE" in mailchimp.ping()


def test_fields_the_audience_lacks_are_not_sent(mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> None:
    del mailchimp_server.audience.fields["COMPANY"]
    mailchimp.push(replace(kari("newsletter"), company="Vevstua", phone="+47 22 22 22 22"))
    assert mailchimp_server.asked("PUT")[0].body["merge_fields"].keys() == {"FNAME", "PHONE", "SAMTYKKE"}


def test_a_norwegian_number_is_not_forced_on_an_american_field(
    mailchimp: Mailchimp, mailchimp_server: MailchimpServer
) -> None:
    mailchimp_server.audience.fields["PHONE"]["options"] = {"phone_format": "US"}
    assert mailchimp.push(replace(kari("newsletter"), phone="+47 22 22 22 22")).state == "subscribed"


def test_an_empty_value_does_not_wipe_what_staff_wrote(mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> None:
    mailchimp.push(kari("newsletter"))
    contact(mailchimp_server).data["merge_fields"]["COMPANY"] = "Vevstua"
    mailchimp.push(met(kari("newsletter")))
    assert contact(mailchimp_server).data["merge_fields"]["COMPANY"] == "Vevstua"


# Tags


def test_tags_are_set_without_setting_off_automations(mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> None:
    mailchimp.push(kari("newsletter"))
    [call] = mailchimp_server.asked("POST", "/tags")
    assert call.body == {"tags": [{"name": "newsletter", "status": "active"}], "is_syncing": True}


def test_a_tag_of_the_staff_stays(mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> None:
    mailchimp.push(kari("newsletter", "offers"))
    contact(mailchimp_server).tags["VIP"] = "2026-01-01T00:00:00+00:00"
    mailchimp.push(met(kari()))
    assert set(contact(mailchimp_server).tags) == {"VIP"}


def test_a_tag_beyond_the_fifty_that_a_member_shows_is_seen(
    mailchimp: Mailchimp, mailchimp_server: MailchimpServer
) -> None:
    mailchimp.push(kari("newsletter"))
    contact(mailchimp_server).tags |= {f"a{n:02}": "2026-01-01T00:00:00+00:00" for n in range(60)}
    mailchimp.push(met(kari("newsletter")))
    assert len(mailchimp_server.asked("POST", "/tags")) == 1
    mailchimp.push(met(kari()))
    assert "newsletter" not in contact(mailchimp_server).tags


def test_tags_are_believed_when_they_are_read(mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> None:
    mailchimp_server.fail(Answer(204), "POST", "/tags")
    with pytest.raises(Retry, match="tags"):
        mailchimp.push(kari("newsletter"))


def test_the_archived_keep_their_tags_in_peace(mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> None:
    mailchimp.push(kari("newsletter"))
    leave(mailchimp_server, KARI, LATER, "archived")
    before = asdict(contact(mailchimp_server))
    assert mailchimp.push(met(kari())).state == "unsubscribed"
    assert asdict(contact(mailchimp_server)) == before


# Never downgrade, never resurrect


@pytest.mark.parametrize("gone", ["unsubscribed", "cleaned", "archived"])
def test_an_older_consent_changes_nothing_for_whoever_is_gone(
    mailchimp: Mailchimp, mailchimp_server: MailchimpServer, gone: str
) -> None:
    mailchimp.push(kari("newsletter"))
    leave(mailchimp_server, KARI, LATER, gone)
    before = asdict(contact(mailchimp_server))
    outcome = mailchimp.push(met(kari("newsletter")))
    assert outcome.state == "unsubscribed"
    assert gone in outcome.text
    assert asdict(contact(mailchimp_server)) == before


@pytest.mark.parametrize("gone", ["unsubscribed", "cleaned"])
def test_a_fresh_consent_that_mailchimp_refuses_is_work_for_staff(
    mailchimp: Mailchimp, mailchimp_server: MailchimpServer, gone: str
) -> None:
    mailchimp.push(kari("newsletter"))
    leave(mailchimp_server, KARI, LATER, gone)
    outcome = mailchimp.push(met(kari("newsletter", since=LATER + timedelta(hours=1))))
    assert outcome.state == "manual"
    assert f"https://example.list-manage.com/subscribe?id={AUDIENCE}" in outcome.text
    assert "@" not in outcome.text
    assert status(mailchimp_server) == gone


def test_where_mailchimp_refuses_every_return_a_fresh_consent_is_work_for_staff_too(
    mailchimp: Mailchimp, mailchimp_server: MailchimpServer
) -> None:
    mailchimp_server.store.refuses_every_return = True
    mailchimp.push(kari("newsletter"))
    mailchimp.push(met(kari()))
    fresh = met(kari("newsletter", since=datetime.now(UTC) + timedelta(hours=1)))
    assert mailchimp.push(fresh).state == "manual"


def test_an_archived_member_returns_by_a_fresh_consent(mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> None:
    mailchimp.push(kari("newsletter"))
    leave(mailchimp_server, KARI, LATER, "archived")
    assert mailchimp.push(met(kari("newsletter", since=LATER + timedelta(hours=1)))).state == "subscribed"


def test_a_forgotten_address_is_work_for_staff(mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> None:
    mailchimp.push(kari("newsletter"))
    mailchimp.erase(met(kari()))
    outcome = mailchimp.push(kari("newsletter"))
    assert outcome.state == "manual"
    assert "deleted this address for good" in outcome.text
    assert "https://example.list-manage.com/subscribe" in outcome.text
    assert "@" not in outcome.text


def test_whoever_leaves_while_we_write_has_left(mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> None:
    mailchimp.push(kari("newsletter"))
    mailchimp_server.meanwhile("PUT", lambda: leave(mailchimp_server, KARI, LATER))
    assert mailchimp.push(met(kari("newsletter"))).state == "unsubscribed"
    assert status(mailchimp_server) == "unsubscribed"


def test_a_customer_who_never_subscribed_can(mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> None:
    mailchimp_server.store.joins(mailchimp_server.audience, KARI, "transactional")
    assert mailchimp.push(kari("newsletter")).state == "subscribed"


def test_a_member_whose_last_change_cannot_be_read_is_not_brought_back(
    mailchimp: Mailchimp, mailchimp_server: MailchimpServer
) -> None:
    mailchimp.push(kari("newsletter"))
    leave(mailchimp_server, KARI, LATER)
    del contact(mailchimp_server).data["last_changed"]
    assert mailchimp.push(met(kari("newsletter", since=LATER + timedelta(hours=1)))).state == "unsubscribed"


# Withdrawing


def test_a_stranger_is_withdrawn_without_a_call(mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> None:
    assert mailchimp.push(kari()).state == "not_held"
    assert mailchimp_server.calls == []


def test_a_half_finished_signup_there_is_withdrawn_too(mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> None:
    mailchimp_server.store.joins(mailchimp_server.audience, KARI, "pending")
    assert mailchimp.push(met(kari())).state == "unsubscribed"
    assert status(mailchimp_server) == "unsubscribed"


def test_a_withdrawal_is_believed_when_it_is_read(mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> None:
    mailchimp.push(kari("newsletter"))
    mailchimp_server.fail(_json({"status": "unsubscribed", "id": member_id(KARI)}), "PATCH")
    with pytest.raises(Retry, match="still shows"):
        mailchimp.push(met(kari()))


def test_a_withdrawal_whose_answer_is_lost_is_repeated_in_peace(
    mailchimp: Mailchimp, mailchimp_server: MailchimpServer
) -> None:
    mailchimp.push(kari("newsletter"))
    mailchimp_server.fail(Answer(500, acted=True), "PATCH")
    with pytest.raises(Retry):
        mailchimp.push(met(kari()))
    assert mailchimp.push(met(kari())).state == "unsubscribed"
    assert len(mailchimp_server.asked("PATCH")) == 1
    assert contact(mailchimp_server).tags == {}


def test_somebody_deleted_while_we_withdraw_is_looked_for_again(
    mailchimp: Mailchimp, mailchimp_server: MailchimpServer
) -> None:
    mailchimp.push(kari("newsletter"))
    key = member_id(KARI)
    mailchimp_server.meanwhile("PATCH", lambda: mailchimp_server.store.forget(mailchimp_server.audience, key))
    with pytest.raises(Retry):
        mailchimp.push(met(kari()))
    assert mailchimp.push(met(kari())).state == "not_held"


# Many


def test_many_new_members_take_one_bulk_call(mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> None:
    people = [profile(f"new{n}@example.no", "newsletter") for n in range(40)]
    outcomes = list(mailchimp.push_many(people))
    assert [person for person, _ in outcomes] == people
    assert {outcome.state for _, outcome in outcomes} == {"subscribed"}
    assert len(mailchimp_server.asked("POST", f"/lists/{AUDIENCE}")) == 1
    assert mailchimp_server.asked("PUT") == []
    assert set(contact(mailchimp_server, "new39@example.no").tags) == {"newsletter"}


def test_a_bulk_call_has_no_more_than_it_may(
    mailchimp: Mailchimp, mailchimp_server: MailchimpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert module.BATCH == 500
    monkeypatch.setattr(module, "BATCH", 3)
    list(mailchimp.push_many(profile(f"new{n}@example.no", "newsletter") for n in range(7)))
    assert [len(c.body["members"]) for c in mailchimp_server.asked("POST", f"/lists/{AUDIENCE}")] == [3, 3, 1]


def test_the_bulk_call_brings_nobody_back(mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> None:
    mailchimp.push(kari("newsletter"))
    leave(mailchimp_server, KARI, LATER)
    states = [outcome.state for _, outcome in mailchimp.push_many([met(kari("newsletter")), OLA])]
    assert states == ["unsubscribed", "subscribed"]
    assert status(mailchimp_server) == "unsubscribed"


def test_the_bulk_call_does_not_even_bring_back_where_mailchimp_would_let_it(
    mailchimp: Mailchimp, mailchimp_server: MailchimpServer
) -> None:
    mailchimp.push(kari("newsletter"))
    leave(mailchimp_server, KARI, LATER)
    contact(mailchimp_server).left_alone = False
    assert [outcome.state for _, outcome in mailchimp.push_many([met(kari("newsletter"))])] == ["unsubscribed"]
    assert status(mailchimp_server) == "unsubscribed"


def test_one_refused_of_many_stops_nobody_else(mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> None:
    mailchimp.push(kari("newsletter"))
    mailchimp.erase(met(kari()))
    people = [profile("no-address", "newsletter"), kari("newsletter"), OLA]
    outcomes = [outcome for _, outcome in mailchimp.push_many(people)]
    assert [outcome.state for outcome in outcomes] == ["manual", "manual", "subscribed"]
    assert outcomes[0].text == "Mailchimp answered 400 Invalid Resource"


def test_a_bulk_call_refused_whole_falls_back_to_one_by_one(
    mailchimp: Mailchimp, mailchimp_server: MailchimpServer
) -> None:
    mailchimp_server.fail(_problem(400, "Invalid Resource"), "POST", f"/lists/{AUDIENCE}")
    assert [outcome.state for _, outcome in mailchimp.push_many([kari("newsletter"), OLA])] == ["subscribed"] * 2


def test_a_bulk_call_answered_with_nothing_is_not_success(
    mailchimp: Mailchimp, mailchimp_server: MailchimpServer
) -> None:
    mailchimp_server.fail(_json({}), "POST", f"/lists/{AUDIENCE}")
    list(mailchimp.push_many([kari("newsletter"), OLA]))
    assert status(mailchimp_server) == "subscribed"


def test_a_wrong_key_ends_the_many_at_once(mailchimp_server: MailchimpServer) -> None:
    stranger = Mailchimp(mailchimp_server.url, "other-us1", AUDIENCE)
    with pytest.raises(Rejected, match="401 API Key Invalid"):
        list(stranger.push_many([kari("newsletter"), OLA]))


def test_many_are_yielded_until_mailchimp_is_down(mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> None:
    mailchimp_server.fail(Answer(503), "POST", f"{member_id(OLA.address)}/tags")
    done: list[tuple[Profile, Outcome]] = []
    with pytest.raises(Retry):
        for pair in mailchimp.push_many([kari("newsletter"), OLA]):
            done.append(pair)
    assert [person.address for person, _ in done] == [KARI]


# Finding, exporting, erasing


@pytest.fixture
def elsewhere(mailchimp_server: MailchimpServer) -> Contact:
    """Kari in another audience of the account, which we never wrote to."""
    store = mailchimp_server.store
    return store.joins(store.audiences["0ther4ud1e"], "Kari@example.no")


def test_find_looks_in_every_audience(
    mailchimp: Mailchimp, mailchimp_server: MailchimpServer, elsewhere: Contact
) -> None:
    mailchimp.push(kari("newsletter"))
    key = member_id(KARI)
    assert [held.id for held in mailchimp.find(kari())] == [f"0ther4ud1e/{key}", f"{AUDIENCE}/{key}"]


def test_erasing_erases_in_every_audience_and_lets_go_first(
    mailchimp: Mailchimp, mailchimp_server: MailchimpServer, elsewhere: Contact
) -> None:
    mailchimp.push(kari("newsletter"))
    assert mailchimp.erase(met(kari())).state == "erased"
    assert all(member_id(KARI) not in audience.contacts for audience in mailchimp_server.store.audiences.values())
    assert len(mailchimp_server.asked("PATCH")) == 2
    assert elsewhere.data["status"] == "unsubscribed"


def test_a_search_that_lags_behind_is_not_believed(mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> None:
    mailchimp.push(kari("newsletter"))
    mailchimp_server.store.stale_search = [contact(mailchimp_server).shown()]
    assert mailchimp.erase(met(kari())).state == "erased"
    assert mailchimp.find(kari()) == []


def test_an_erasure_that_mailchimp_only_claims_is_pending(
    mailchimp: Mailchimp, mailchimp_server: MailchimpServer
) -> None:
    mailchimp.push(kari("newsletter"))
    mailchimp_server.fail(Answer(204), "POST", "/delete-permanent")
    outcome = mailchimp.erase(met(kari()))
    assert outcome.state == "pending"
    assert outcome.check_at is not None
    assert outcome.check_at > datetime.now(UTC)


def test_an_archived_member_is_found_and_erased(mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> None:
    mailchimp.push(kari("newsletter"))
    leave(mailchimp_server, KARI, LATER, "archived")
    assert len(mailchimp.find(kari())) == 1
    assert mailchimp.erase(met(kari())).state == "erased"


def test_an_unknown_audience_is_not_mistaken_for_an_empty_one(mailchimp_server: MailchimpServer) -> None:
    wrong = Mailchimp(mailchimp_server.url, KEY, "n0such")
    for verb in (wrong.push, wrong.find, wrong.erase, wrong.export):
        with pytest.raises(Rejected, match="404"):
            verb(met(kari()))


def test_the_export_holds_everything_mailchimp_shows(mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> None:
    mailchimp.push(kari("newsletter"))
    held = contact(mailchimp_server)
    held.notes = [{"id": 1, "note": "rang in March", "created_by": "Staff"}]
    held.events = [{"name": f"event{n}", "occurred_at": NOON.isoformat()} for n in range(1200)]
    held.activity = [{"activity_type": "open", "created_at_timestamp": NOON.isoformat()}]
    [shown] = mailchimp.export(kari())["contacts"]
    assert shown["audience"] == AUDIENCE
    assert shown["member"]["email_address"] == KARI
    assert [tag["name"] for tag in shown["tags"]] == ["newsletter"]
    assert shown["notes"][0]["note"] == "rang in March"
    assert len(shown["events"]) == 1200
    assert shown["activity"][0]["activity_type"] == "open"


def test_members_come_a_thousand_at_a_time_and_only_what_is_needed(
    mailchimp: Mailchimp, mailchimp_server: MailchimpServer
) -> None:
    for number in range(2001):
        mailchimp_server.store.joins(mailchimp_server.audience, f"member{number}@example.no")
    rows = mailchimp.members()
    next(rows)
    assert len(mailchimp_server.calls) == 1
    assert sum(1 for _ in rows) == 2000
    assert [call.query["offset"] for call in mailchimp_server.calls] == ["0", "1000", "2000"]
    wanted = ("id", "email_address", "status", "tags", "tags_count")
    fields = ",".join([*(f"members.{name}" for name in wanted), "total_items"])
    assert mailchimp_server.calls[0].query["fields"] == fields


def test_a_member_is_told_with_all_tags(mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> None:
    mailchimp.push(kari("newsletter"))
    assert list(mailchimp.members()) == [Member(KARI, True, frozenset({ANY, "newsletter"}))]
    many = {f"a{n:02}": "2026-01-01T00:00:00+00:00" for n in range(60)}  # more than the row of a list shows
    contact(mailchimp_server).tags |= many
    assert list(mailchimp.members()) == [Member(KARI, True, frozenset({ANY, "newsletter", *many}))]
    assert mailchimp.lists(["newsletter", "offers"]) == {ANY, "newsletter", "offers"}


def test_a_member_who_goes_while_her_tags_are_read_is_looked_for_again(
    mailchimp: Mailchimp, mailchimp_server: MailchimpServer
) -> None:
    mailchimp.push(kari("newsletter"))
    contact(mailchimp_server).tags |= {f"a{n:02}": "2026-01-01T00:00:00+00:00" for n in range(60)}
    mailchimp_server.fail(_problem(404, "Resource Not Found"), "GET", "/tags")
    with pytest.raises(Retry, match="lost the member"):
        list(mailchimp.members())


# The library's traps


@pytest.mark.parametrize("code", [403, 408, 429, 500, 502, 503])
def test_an_answer_without_a_body_is_no_success(
    mailchimp: Mailchimp, mailchimp_server: MailchimpServer, code: int
) -> None:
    mailchimp.push(kari("newsletter"))
    mailchimp_server.fail(Answer(code), "POST", "/delete-permanent")
    with pytest.raises(Retry, match=str(code)):
        mailchimp.erase(met(kari()))


@pytest.mark.parametrize("answer", [Answer(204), Answer(200), Answer(200, b"{}", {"Content-Type": "application/json"})])
def test_a_write_answered_with_nothing_is_read_before_it_is_believed(
    mailchimp: Mailchimp, mailchimp_server: MailchimpServer, answer: Answer
) -> None:
    mailchimp_server.fail(answer, "PUT")
    with pytest.raises(Retry, match="does not show it"):
        mailchimp.push(kari("newsletter"))
    mailchimp_server.fail(replace(answer, acted=True), "PUT")
    assert mailchimp.push(kari("newsletter")).state == "subscribed"


NOTHING = [
    Answer(204),
    Answer(200),
    Answer(200, b"{}", {"Content-Type": "application/json"}),
    Answer(200, b"<html>", {"Content-Type": "text/html"}),
]


@pytest.mark.parametrize("answer", NOTHING)
def test_nothing_said_is_not_nobody_there(
    mailchimp: Mailchimp, mailchimp_server: MailchimpServer, answer: Answer
) -> None:
    mailchimp_server.fail(answer, "GET", times=2)
    with pytest.raises(Retry):
        mailchimp.erase(met(kari()))
    with pytest.raises(Retry):
        list(mailchimp.members())


@pytest.mark.parametrize("answer", NOTHING)
def test_a_read_answered_with_nothing_is_no_member(
    mailchimp: Mailchimp, mailchimp_server: MailchimpServer, answer: Answer
) -> None:
    mailchimp_server.fail(answer, "GET", member_id(KARI))
    with pytest.raises(Retry):
        mailchimp.push(kari("newsletter"))


def test_retry_after_is_heard_in_seconds_and_as_a_date(mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    for header, expected in (("7", 7.0), (soon, pytest.approx(90, abs=5)), ("soon", None), ("", None)):
        mailchimp_server.fail(Answer(429, headers={"Retry-After": header}), "GET")
        with pytest.raises(Retry) as caught:
            mailchimp.push(kari("newsletter"))
        assert caught.value.after == expected


def test_a_refusal_with_a_reason_is_final_and_names_nobody(
    mailchimp: Mailchimp, mailchimp_server: MailchimpServer
) -> None:
    errors = [{"field": "merge_fields.PHONE", "message": "kari@example.no has no telephone"}]
    refusals = (
        (_problem(403, "User action not permitted"), "Mailchimp answered 403 User action not permitted"),
        (_problem(400, "kari@example.no is odd"), "Mailchimp answered 400 [address] is odd"),
        (_problem(400, "Invalid Resource", errors), "Mailchimp answered 400 Invalid Resource (merge_fields.PHONE)"),
        (Answer(302, headers={"Location": "https://example.no/"}), "Mailchimp answered 302"),
    )
    for answer, text in refusals:
        mailchimp_server.fail(answer, "PUT")
        with pytest.raises(Rejected) as caught:
            mailchimp.push(kari("newsletter"))
        assert str(caught.value) == text


@pytest.mark.parametrize(("code", "everybody"), [(400, False), (401, True), (403, True), (404, True), (405, False)])
def test_a_refused_key_and_a_lost_audience_are_told_from_a_refused_person(
    mailchimp: Mailchimp, mailchimp_server: MailchimpServer, code: int, everybody: bool
) -> None:
    mailchimp_server.fail(_problem(code, "No"), "PUT")
    with pytest.raises(Rejected) as caught:
        mailchimp.push(kari("newsletter"))
    assert caught.value.everybody is everybody


@pytest.mark.parametrize("answer", [Answer(200, delay=0.6), Answer(200, cut=True)], ids=["slow", "cut"])
def test_silence_is_a_retry_that_names_nobody(mailchimp_server: MailchimpServer, answer: Answer) -> None:
    hasty = Mailchimp(mailchimp_server.url, KEY, AUDIENCE, timeout=(0.3, 0.3))
    mailchimp_server.fail(answer, "GET", "/search-members")
    with pytest.raises(Retry) as caught:
        hasty.find(kari())
    assert "kari" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_nobody_at_home_is_a_retry() -> None:
    with pytest.raises(Retry):
        Mailchimp("http://127.0.0.1:1", KEY, AUDIENCE).push(kari("newsletter"))


def test_the_word_server_is_left_alone(mailchimp_server: MailchimpServer) -> None:
    client = Client(mailchimp_server.url, KEY)
    with pytest.raises(Rejected):
        client.lists.get_list("server-list")
    client.search.search("observer@server.no")
    assert mailchimp_server.calls[0].path == "/3.0/lists/server-list"
    assert mailchimp_server.calls[1].query == {"query": "observer@server.no"}


def test_a_slash_in_a_path_is_escaped(mailchimp_server: MailchimpServer) -> None:
    with pytest.raises(Rejected):
        Client(mailchimp_server.url, KEY).lists.get_list_member(AUDIENCE, "a/b")
    assert mailchimp_server.calls[0].path.endswith("/members/a%2Fb")


def test_booleans_are_spelt_as_json_spells_them(mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> None:
    mailchimp.push(kari("newsletter"))
    assert mailchimp_server.asked("PUT")[0].query == {"skip_merge_validation": "true"}


def test_a_call_without_a_body_sends_none(mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> None:
    mailchimp.push(kari("newsletter"))
    mailchimp.erase(met(kari()))
    [call] = mailchimp_server.asked("POST", "/delete-permanent")
    assert call.raw == b""
    assert "Content-Type" not in call.headers


def test_one_connection_carries_one_thread(mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> None:
    for number in range(5):
        mailchimp.push(profile(f"new{number}@example.no", "newsletter"))
    assert mailchimp_server.connections == 1


def test_no_more_than_ten_calls_are_under_way(mailchimp_server: MailchimpServer) -> None:
    client = Client(mailchimp_server.url, KEY, timeout=(5.0, 5.0))
    mailchimp_server.fail(_json({"id": AUDIENCE}, delay=0.05), "GET", f"/lists/{AUDIENCE}", times=30)
    gate = threading.Barrier(30)
    with ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(lambda _: gate.wait() + 1 and client.lists.get_list(AUDIENCE), range(30)))
    assert [answer["id"] for answer in answers] == [AUDIENCE] * 30
    assert 2 <= mailchimp_server.peak <= 10


def test_threads_at_the_first_push_make_one_field(mailchimp: Mailchimp, mailchimp_server: MailchimpServer) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(mailchimp.push, [profile(f"new{n}@example.no", "newsletter") for n in range(8)]))
    assert len(mailchimp_server.asked("POST", "/merge-fields")) == 1


# Settings


def config(**changes: str) -> dict[str, str]:
    return {"MAILCHIMP_API_KEY": "0123456789abcdef-us21", "MAILCHIMP_AUDIENCE": AUDIENCE, **changes}


def test_the_key_names_the_data_centre() -> None:
    assert Mailchimp.from_config(config())._base == "https://us21.api.mailchimp.com"


def test_the_stand_in_is_reached_by_a_setting(mailchimp_server: MailchimpServer) -> None:
    processors = build(config(MAILCHIMP_API_BASE=mailchimp_server.url, MAILCHIMP_API_KEY=KEY))
    assert processors["mailchimp"].ping() == "Mailchimp answers: audience “Nyhetsbrev”, members: 0"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("MAILCHIMP_API_KEY", "0123456789abcdef"),
        ("MAILCHIMP_API_KEY", "0123-evil.example/us1"),
        ("MAILCHIMP_AUDIENCE", ""),
        ("MAILCHIMP_AUDIENCE", "a/b"),
        ("MAILCHIMP_API_BASE", "http://example.no"),
        ("MAILCHIMP_API_BASE", "example.no"),
    ],
)
def test_a_setting_that_cannot_be_right_is_named_and_the_key_is_not(setting: str, value: str) -> None:
    with pytest.raises(ValueError, match=setting) as caught:
        build(config(**{setting: value}))
    assert "0123" not in str(caught.value)


def test_importing_and_building_loads_no_library_of_a_vendor() -> None:
    program = (
        "import sys; from app.processors import build;"
        f"build({config()!r}); import app.processors.mailchimp.webhook;"
        "print([m for m in ('mailchimp_marketing', 'requests') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def _json(document: dict[str, Any], delay: float = 0.0) -> Answer:
    return Answer(200, json.dumps(document).encode(), {"Content-Type": "application/json"}, delay=delay)


def _problem(code: int, title: str, errors: list[dict[str, str]] | None = None) -> Answer:
    document = {"type": "about:blank", "title": title, "status": code, "detail": "kari@example.no", "errors": errors}
    return Answer(code, json.dumps(document).encode(), {"Content-Type": "application/problem+json"})


def test_two_processes_may_both_want_to_make_the_field_for_the_link(mailchimp_server: MailchimpServer) -> None:
    """Ours was there a moment before the second one asked for it."""
    first, second = (Client(mailchimp_server.url, KEY) for _ in range(2))
    mailchimp_server.meanwhile("POST", lambda: Audience(first, AUDIENCE).fields())
    assert "SAMTYKKE" in Audience(second, AUDIENCE).fields()
