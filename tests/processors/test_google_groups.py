"""Google Groups keeps the contract; then what is particular to it."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest

from app.processors.base import ANY, Member, Processor, Rejected, Retry
from app.processors.google import roster as roster_module
from app.processors.google.groups import Groups
from app.processors.google.seen import remembering
from tests.processors.contract import Contract
from tests.processors.google_world import NO_LIMIT, TROUBLE, google, refused, settings
from tests.processors.people import OLA, kari, met, profile
from tests.support.google_server import Answer, GoogleServer

KARI = "kari@example.no"
NEWS, OFFERS = "newsletter@fjordlys.no", "offers@fjordlys.no"


@pytest.fixture
def server() -> Iterator[GoogleServer]:
    with google() as running:
        running.store.directory.groups = {NEWS: {}, OFFERS: {}}
        yield running


@pytest.fixture
def groups(server: GoogleServer) -> Groups:
    return Groups(settings(server), [("newsletter", NEWS), ("offers", OFFERS)], NO_LIMIT)


@pytest.fixture(autouse=True)
def ola_is_left_alone(server: GoogleServer, groups: Groups):
    groups.push(OLA)
    before = stored(server, OLA.address)
    assert before
    yield
    assert stored(server, OLA.address) == before


def stored(server: GoogleServer, address: str) -> bytes:
    found = {group: rows[address] for group, rows in server.store.directory.groups.items() if address in rows}
    return json.dumps(found).encode() if found else b""


class TestGroups(Contract):
    kind = "member"
    muted_on_the_list = True

    @pytest.fixture
    def processor(self, groups: Groups, server: GoogleServer) -> Groups:
        self.server = server
        return groups

    def raw(self, address: str) -> bytes:
        return stored(self.server, address)

    def leave(self, address: str, at: datetime) -> None:
        for rows in self.server.store.directory.groups.values():
            rows.pop(address, None)

    def test_whoever_left_there_is_not_brought_back_by_an_older_consent(self, processor: Processor) -> None:
        processor.push(kari("newsletter"))
        self.leave(KARI, datetime.now())
        told = replace(met(kari("newsletter")), last="subscribed")
        assert processor.push(told).state == "unsubscribed"
        assert self.subscribed(processor) == ["ola@example.no"]
        assert processor.push(replace(told, last="unsubscribed")).state == "subscribed"  # the ledger says yes anew

    def test_after_erasing_find_is_empty_and_nothing_is_stored(self, processor: Processor) -> None:
        processor.push(kari("newsletter"))
        outcome = processor.erase(met(kari()))
        assert outcome.state == "manual"
        assert "archive" in outcome.text
        assert processor.find(kari()) == []
        assert self.raw(KARI) == b""

    def test_erasing_again_says_erased(self, processor: Processor) -> None:
        """Posts in the archive can only be deleted by a human, whom no program can watch: so it says so again."""
        processor.push(kari("newsletter"))
        processor.erase(met(kari()))
        assert processor.erase(met(kari())).state == "manual"

    def test_withdrawing_twice_is_the_same_as_once(self, processor: Processor) -> None:
        """A group remembers nobody who is gone."""
        processor.push(kari("newsletter"))
        assert processor.push(met(kari())).state == "unsubscribed"
        assert processor.push(met(kari())).state == "not_held"
        assert self.raw(KARI) == b""

    def test_members_lists_everybody_with_their_state(self, processor: Processor) -> None:
        """A group remembers nobody who is gone."""
        processor.push(kari("newsletter"))
        processor.push(met(kari()))
        assert {member.address for member in processor.members()} == {"ola@example.no"}

    def test_an_unusual_address_is_taken_as_it_is(self, processor: Processor) -> None:
        odd = profile("o'hara+server=1@server.no", "newsletter")
        assert processor.push(odd).state == "subscribed"
        assert len(processor.find(odd)) == 1
        processor.erase(met(odd))
        assert self.raw(odd.address) == b""


def test_each_purpose_has_its_group(groups: Groups, server: GoogleServer) -> None:
    groups.push(kari("offers"))
    assert list(json.loads(stored(server, KARI))) == [OFFERS]


def test_a_group_without_a_purpose_holds_whoever_said_yes_to_any(server: GoogleServer) -> None:
    one = Groups(settings(server), [("", NEWS)], NO_LIMIT)
    assert one.push(kari("offers")).state == "subscribed"
    assert one.push(met(kari())).state == "unsubscribed"


def test_a_consent_without_a_group_is_no_departure(server: GoogleServer) -> None:
    one = Groups(settings(server), [("newsletter", NEWS)], NO_LIMIT)
    assert one.push(met(kari("offers"))).state == "not_held"


def test_outsiders_are_never_asked_for_by_has_member(groups: Groups, server: GoogleServer) -> None:
    groups.push(kari("newsletter"))
    groups.find(kari())
    assert server.asked("GET", "hasMember") == []


def test_a_member_already_is_as_good(groups: Groups, server: GoogleServer) -> None:
    server.meanwhile("/members", lambda: None)
    server.fail(refused(404, "notFound"), "GET", f"/members/{KARI.replace('@', '%40')}")
    server.store.directory.insert(NEWS, {"email": KARI})
    assert groups.push(kari("newsletter")).state == "subscribed"
    assert len(server.asked("POST", "/members")) == 3  # Ola twice, and the 409


def test_a_group_just_made_is_not_known_everywhere(groups: Groups, server: GoogleServer) -> None:
    server.fail(refused(404, "notFound"), "POST", "/members")
    with pytest.raises(Retry, match="everywhere"):
        groups.push(kari("newsletter"))
    fresh = Groups(settings(server), [("newsletter", "new@fjordlys.no")], NO_LIMIT)
    with pytest.raises(Retry, match="not yet"):
        fresh.push(kari("newsletter"))
    with pytest.raises(Rejected, match="404"):
        fresh.ping()


def test_a_membership_is_believed_when_it_is_read(groups: Groups, server: GoogleServer) -> None:
    server.fail(Answer(200, b"{}"), "POST", "/members")
    with pytest.raises(Retry, match="does not show"):
        groups.push(kari("newsletter"))
    groups.push(kari("newsletter"))
    server.fail(Answer(204), "DELETE")
    with pytest.raises(Retry, match="still shows"):
        groups.push(met(kari()))


def test_whoever_runs_a_group_is_not_taken_out_of_it(groups: Groups, server: GoogleServer) -> None:
    server.store.directory.insert(NEWS, {"email": KARI, "role": "OWNER"})
    before = stored(server, KARI)
    assert groups.push(met(kari())).state == "manual"
    assert groups.erase(met(kari())).state == "manual"
    assert stored(server, KARI) == before
    assert Member(KARI, False, frozenset({"newsletter"}), runs=True) in set(groups.members())


def test_restricting_keeps_the_membership_and_sends_nothing(groups: Groups, server: GoogleServer) -> None:
    assert groups.restrict(kari(), True).state == "not_held"
    groups.push(kari("newsletter"))
    assert groups.restrict(kari(), True).state == "held"
    assert json.loads(stored(server, KARI))[NEWS]["delivery_settings"] == "NONE"
    groups.restrict(kari(), False)
    assert json.loads(stored(server, KARI))[NEWS]["delivery_settings"] == "ALL_MAIL"


def test_members_are_read_page_by_page_and_counted_once(
    groups: Groups, server: GoogleServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roster_module, "PAGE", 3)
    for number in range(8):
        server.store.directory.insert(NEWS, {"email": f"new{number}@example.no"})
    assert sum(not member.again for member in groups.members()) == 9


def test_a_member_is_told_with_the_purpose_of_each_group_and_counted_once(groups: Groups, server: GoogleServer) -> None:
    server.store.directory.insert(NEWS, {"email": KARI})
    server.store.directory.insert(OFFERS, {"email": "Kari@Example.no"})
    assert [member for member in groups.members() if member.address == KARI] == [
        Member(KARI, True, frozenset({"newsletter"})),
        Member(KARI, True, frozenset({"offers"}), again=True),
    ]


def test_the_lists_are_the_purposes_that_have_a_group(groups: Groups, server: GoogleServer) -> None:
    assert groups.lists(["newsletter", "offers", "events"]) == {"newsletter", "offers"}
    assert Groups(settings(server), [("", NEWS)], NO_LIMIT).lists(["newsletter"]) == {ANY}


def test_memory_does_not_grow_with_the_length_of_the_lists() -> None:
    """50,000 addresses that are met twice: a set of them would take 5 MB."""
    tracemalloc.start()
    with remembering() as seen:
        for new in (True, False):
            assert all(seen.first(f"person{number}@example.no") is new for number in range(50_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200_000


def test_few_calls_are_under_way_at_once(groups: Groups, server: GoogleServer) -> None:
    people = [profile(f"new{number}@example.no", "newsletter") for number in range(16)]
    server.delay = 0.01
    assert {outcome.state for _, outcome in groups.push_many(people)} == {"subscribed"}
    assert 2 <= server.peak <= 4


@pytest.mark.parametrize(
    ("method", "trouble"),
    # An insertion needs no answer: it is read again.
    [(m, name) for m in ("GET", "POST") for name in TROUBLE if (m, name) != ("POST", "empty answer")],
)
def test_trouble_on_the_way_is_worth_another_try(
    groups: Groups, server: GoogleServer, trouble: str, method: str
) -> None:
    server.fail(TROUBLE[trouble], method, "/members")
    with pytest.raises(Retry) as caught:
        groups.push(kari("newsletter"))
    assert "kari" not in str(caught.value)
    assert groups.push(met(kari("newsletter"))).state == "subscribed"


def test_the_wait_that_google_names_is_heard(groups: Groups, server: GoogleServer) -> None:
    server.fail(TROUBLE["429"], "GET", "/members")
    with pytest.raises(Retry) as caught:
        groups.push(kari("newsletter"))
    assert caught.value.after == 7.0
