"""Google Contacts keeps the contract; then what is particular to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest

from app.contacts.addresses import canonical
from app.processors.base import Held, Member, Processor, Profile, Rejected, Retry
from app.processors.google import book as book_module
from app.processors.google.contacts import Contacts
from tests.processors.contract import NEW, Contract
from tests.processors.google_world import NO_LIMIT, TROUBLE, answered, google, refused, settings
from tests.processors.people import OLA, kari, met, profile
from tests.support.google_server import Answer, GoogleServer
from tests.support.google_store import EVERYBODY, addresses

KARI = "kari@example.no"


@pytest.fixture
def server() -> Iterator[GoogleServer]:
    with google() as running:
        yield running


@pytest.fixture
def contacts(server: GoogleServer) -> Contacts:
    return Contacts(settings(server), "Nyhetsbrev", NO_LIMIT)


@pytest.fixture(autouse=True)
def ola_is_left_alone(server: GoogleServer, contacts: Contacts):
    contacts.push(OLA)
    before = stored(server, OLA.address)
    assert before
    yield
    assert stored(server, OLA.address) == before


def stored(server: GoogleServer, address: str) -> bytes:
    rows = [held for held in server.store.people.contacts.values() if address in addresses(held)]
    return json.dumps(rows).encode() if rows else b""


def held(server: GoogleServer, address: str = KARI) -> dict:
    [found] = json.loads(stored(server, address))
    return found


def groups(server: GoogleServer, address: str = KARI) -> set[str]:
    names = [row["contactGroupMembership"]["contactGroupResourceName"] for row in held(server, address)["memberships"]]
    return {server.store.people.groups[name] for name in names}


def by_hand(server: GoogleServer, *emails: str, **fields: object) -> str:
    """A contact that staff made."""
    body = {"emailAddresses": [{"value": email} for email in emails], **fields}
    return str(server.store.people.create(body)["resourceName"])


def fresh(server: GoogleServer) -> Contacts:
    """Another process, which has listed nothing yet."""
    return Contacts(settings(server), "Nyhetsbrev", NO_LIMIT)


class TestContacts(Contract):
    kind = "contact"

    @pytest.fixture
    def processor(self, contacts: Contacts, server: GoogleServer) -> Contacts:
        self.server = server
        return contacts

    def raw(self, address: str) -> bytes:
        return stored(self.server, address)

    def leave(self, address: str, at: datetime) -> None:
        """Staff take the label off."""
        group = next(name for name, label in self.server.store.people.groups.items() if label == "Nyhetsbrev")
        self.server.store.people.modify(group, {"resourceNamesToRemove": [held(self.server, address)["resourceName"]]})

    def test_whoever_left_there_is_not_brought_back_by_an_older_consent(self, processor: Processor) -> None:
        """Nobody can leave an address book: staff who tidy it have not withdrawn anybody's consent."""
        processor.push(kari("newsletter"))
        self.leave(KARI, datetime.now())
        assert self.subscribed(processor) == ["ola@example.no"]
        assert processor.push(met(kari("newsletter"))).state == "subscribed"
        assert self.subscribed(processor) == [KARI, "ola@example.no"]

    def test_whoever_left_there_stays_off_by_the_new_address(self, processor: Processor) -> None:
        """Nor does it here: by which address she is known changes nothing of that."""
        processor.push(kari("newsletter"))
        self.leave(KARI, datetime.now())
        assert processor.rectify(met(kari("newsletter")), NEW).state == "subscribed"
        assert self.subscribed(processor) == [NEW, "ola@example.no"]


def test_a_new_address_stands_where_the_old_one_did_on_a_contact_that_staff_made(
    contacts: Contacts, server: GoogleServer
) -> None:
    by_hand(server, "kari@firma.no", KARI, names=[{"unstructuredName": "Kari fra firmaet"}])
    assert contacts.rectify(met(kari()), NEW).state == "unsubscribed"
    assert [row["value"] for row in held(server, NEW)["emailAddresses"]] == ["kari@firma.no", NEW]
    assert held(server, NEW)["names"][0]["unstructuredName"] == "Kari fra firmaet"


def test_a_contact_shows_what_the_person_volunteered(contacts: Contacts, server: GoogleServer) -> None:
    contacts.push(replace(kari("newsletter", "offers"), company="Vevstua", phone="+4722222222"))
    shown = held(server)
    assert shown["names"] == [{"unstructuredName": "Kari"}]
    assert shown["organizations"] == [{"name": "Vevstua"}]
    assert shown["phoneNumbers"] == [{"value": "+4722222222"}]
    assert shown["userDefined"] == [{"key": "Samtykke", "value": "newsletter, offers"}]
    assert groups(server) == {"Nyhetsbrev", "myContacts"}


def test_what_changed_is_rectified_and_the_rest_stays(contacts: Contacts, server: GoogleServer) -> None:
    contacts.push(replace(kari("newsletter"), phone="+4722222222"))
    live = server.store.people.contacts[held(server)["resourceName"]]
    live["phoneNumbers"].append({"value": "+4733333333", "type": "work"})
    live["organizations"] = [{"name": "Written by staff"}]
    contacts.push(met(replace(kari("newsletter"), name="Kari Nordmann", phone="+4744444444")))
    shown = held(server)
    assert shown["names"] == [{"unstructuredName": "Kari Nordmann"}]
    assert [row["value"] for row in shown["phoneNumbers"]] == ["+4744444444", "+4733333333"]
    assert shown["organizations"] == [{"name": "Written by staff"}]


def test_a_contact_of_the_staff_is_labelled_and_keeps_its_name(contacts: Contacts, server: GoogleServer) -> None:
    fields = {"names": [{"givenName": "Kari fra messa"}], "userDefined": [{"key": "Kundenummer", "value": "7"}]}
    name = by_hand(server, KARI, **fields)
    assert fresh(server).push(kari("newsletter")).state == "subscribed"
    assert held(server)["resourceName"] == name
    assert held(server)["names"] == [{"givenName": "Kari fra messa"}]
    assert [row["key"] for row in held(server)["userDefined"]] == ["Kundenummer", "Samtykke"]
    assert groups(server) == {"Nyhetsbrev", "myContacts"}
    fresh(server).push(met(kari()))
    assert held(server)["userDefined"] == [{"key": "Kundenummer", "value": "7"}]
    assert groups(server) == {"myContacts"}


def test_an_address_in_capitals_is_the_same_contact(contacts: Contacts, server: GoogleServer) -> None:
    by_hand(server, "Kari@Example.NO")
    fresh(server).push(kari("newsletter"))
    assert len(server.store.people.contacts) == 2


def test_searching_is_done_by_listing_and_never_by_googles_index(contacts: Contacts, server: GoogleServer) -> None:
    contacts.push(kari("newsletter"))
    contacts.find(kari())
    assert server.asked("GET", "search") == []


def test_every_page_is_listed(contacts: Contacts, server: GoogleServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book_module, "PAGE", 2)
    for number in range(5):
        by_hand(server, f"new{number}@example.no")
    by_hand(server, KARI)
    assert len(contacts.find(kari())) == 1


def test_a_contact_that_changed_meanwhile_is_read_again_once(contacts: Contacts, server: GoogleServer) -> None:
    contacts.push(kari("newsletter"))
    name = held(server)["resourceName"]
    server.meanwhile(":updateContact", lambda: server.store.people._touched(name))
    contacts.push(met(kari("newsletter", "offers")))
    assert held(server)["userDefined"][0]["value"] == "newsletter, offers"
    assert len(server.asked("PATCH")) == 2


def test_a_contact_that_keeps_changing_is_left_for_later(contacts: Contacts, server: GoogleServer) -> None:
    contacts.push(kari("newsletter"))
    server.fail(refused(400, "failedPrecondition"), "PATCH", times=2)
    with pytest.raises(Retry, match="somebody else"):
        contacts.push(met(kari("newsletter", "offers")))


def test_a_stale_sync_token_means_reading_everything_again(
    contacts: Contacts, server: GoogleServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book_module, "FRESH", -1.0)
    contacts.push(kari("newsletter"))
    server.store.people.forgotten = 10_000
    by_hand(server, "new@example.no")
    contacts.push(profile("new@example.no", "newsletter"))
    assert len(json.loads(stored(server, "new@example.no"))) == 1
    assert [call for call in server.asked("GET", "/connections") if "syncToken" not in call.query]


def test_a_contact_deleted_by_staff_is_made_anew(contacts: Contacts, server: GoogleServer) -> None:
    contacts.push(kari("newsletter"))
    server.store.people.delete(held(server)["resourceName"])
    assert contacts.push(met(kari("newsletter"))).state == "subscribed"
    assert groups(server) == {"Nyhetsbrev", "myContacts"}


def test_two_of_our_making_become_one(contacts: Contacts, server: GoogleServer) -> None:
    contacts.push(kari("newsletter"))
    twin = {**held(server)}
    server.store.people.create({key: twin[key] for key in ("emailAddresses", "clientData", "memberships")})
    assert fresh(server).push(met(kari("newsletter"))).state == "subscribed"
    assert len(json.loads(stored(server, KARI))) == 1


def test_whoever_is_in_our_group_alone_can_be_taken_out(contacts: Contacts, server: GoogleServer) -> None:
    contacts.push(kari("newsletter"))
    server.store.people.modify(EVERYBODY, {"resourceNamesToRemove": [held(server)["resourceName"]]})
    assert groups(server) == {"Nyhetsbrev"}
    assert contacts.push(met(kari())).state == "unsubscribed"
    assert groups(server) == {"myContacts"}


def test_a_withdrawal_is_believed_when_it_is_read(contacts: Contacts, server: GoogleServer) -> None:
    contacts.push(kari("newsletter"))
    server.fail(answered({}), "POST", "/members:modify")
    with pytest.raises(Retry, match="label"):
        contacts.push(met(kari()))


def test_a_label_that_staff_deleted_is_made_again(contacts: Contacts, server: GoogleServer) -> None:
    contacts.push(kari("newsletter"))
    name = next(name for name, label in server.store.people.groups.items() if label == "Nyhetsbrev")
    server.store.people.modify(name, {"resourceNamesToRemove": [held(server)["resourceName"]]})
    server.store.people.groups[name] = "Old"
    server.fail(refused(404, "notFound"), "POST", "/members:modify")
    with pytest.raises(Retry, match="label"):
        contacts.push(met(kari("newsletter")))
    assert contacts.push(met(kari("newsletter"))).state == "subscribed"
    assert groups(server) == {"Nyhetsbrev", "myContacts"}


def test_restricting_keeps_the_contact_off_the_label(contacts: Contacts, server: GoogleServer) -> None:
    assert contacts.restrict(kari(), True).state == "not_held"
    contacts.push(kari("newsletter"))
    assert contacts.restrict(met(kari("newsletter")), True).state == "held"
    assert groups(server) == {"myContacts"}


# Erasing


def test_what_google_collected_by_itself_is_found_and_left_to_a_human(contacts: Contacts, server: GoogleServer) -> None:
    contacts.push(kari("newsletter"))
    server.store.people.others["otherContacts/c9"] = {
        "resourceName": "otherContacts/c9",
        "emailAddresses": [{"value": KARI}],
    }
    assert [one.kind for one in contacts.find(kari())] == ["contact", "other_contact"]
    outcome = contacts.erase(met(kari()))
    assert outcome.state == "manual"
    assert "Other contacts" in outcome.text
    assert contacts.find(kari()) == [Held("other_contact", "otherContacts/c9")]
    del server.store.people.others["otherContacts/c9"]
    assert contacts.erase(met(kari())).state == "erased"


def test_a_contact_with_somebody_elses_address_too_is_left_to_a_human(contacts: Contacts, server: GoogleServer) -> None:
    by_hand(server, KARI, "per@example.no")
    before = stored(server, KARI)
    outcome = contacts.erase(kari())
    assert outcome.state == "manual"
    assert "@" not in outcome.text
    assert stored(server, KARI) == before


def test_a_deletion_that_has_not_settled_is_pending(contacts: Contacts, server: GoogleServer) -> None:
    contacts.push(kari("newsletter"))
    server.fail(answered({}), "DELETE")
    outcome = contacts.erase(met(kari()))
    assert (outcome.state, outcome.check_at is not None) == ("pending", True)
    assert contacts.erase(met(kari())).state == "erased"


def test_a_list_that_lags_behind_shows_nobody_who_is_gone(contacts: Contacts, server: GoogleServer) -> None:
    contacts.push(kari("newsletter"))
    row = held(server)
    server.store.people.delete(row["resourceName"])
    stale = {"connections": [row], "nextSyncToken": "1"}
    server.fail(answered(stale), "GET", "/connections")
    assert contacts.find(kari()) == []


def test_an_empty_answer_is_not_nobody(contacts: Contacts, server: GoogleServer) -> None:
    server.fail(answered({}), "GET", "/connections")
    with pytest.raises(Retry, match="nextSyncToken"):
        contacts.find(kari())


def test_members_are_those_under_the_label_and_those_we_put_there(contacts: Contacts, server: GoogleServer) -> None:
    contacts.push(kari("newsletter"))
    contacts.push(met(kari()))
    by_hand(server, "supplier@example.no")
    assert set(contacts.members()) == {Member(KARI, False), Member("ola@example.no", True)}


def test_a_page_of_people_takes_a_few_calls(contacts: Contacts, server: GoogleServer) -> None:
    people = [profile(f"new{number}@example.no", "newsletter") for number in range(250)]
    server.calls.clear()
    assert {outcome.state for _, outcome in contacts.push_many(people)} == {"subscribed"}
    assert len(server.calls) < 10
    server.calls.clear()
    assert {outcome.state for _, outcome in contacts.push_many(map(met, people))} == {"subscribed"}
    assert len(server.calls) < 10


@pytest.mark.parametrize("path", ["/connections", ":createContact"])
@pytest.mark.parametrize("trouble", TROUBLE.values(), ids=TROUBLE)
def test_trouble_on_the_way_is_worth_another_try(
    contacts: Contacts, server: GoogleServer, trouble: Answer, path: str
) -> None:
    other = fresh(server)
    server.fail(trouble, path=path)
    with pytest.raises(Retry) as caught:
        other.push(kari("newsletter"))
    assert "kari" not in str(caught.value)
    assert other.push(kari("newsletter")).state == "subscribed"
    assert len(json.loads(stored(server, KARI))) == 1


def test_a_created_contact_whose_answer_is_lost_is_not_made_twice_for_long(
    contacts: Contacts, server: GoogleServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book_module, "FRESH", -1.0)
    server.fail(Answer(500, acted=True), "POST", ":createContact")
    with pytest.raises(Retry):
        contacts.push(kari("newsletter"))
    assert contacts.push(met(kari("newsletter"))).state == "subscribed"
    assert len(json.loads(stored(server, KARI))) == 1


def test_an_answer_we_do_not_know_is_a_refusal_that_names_nobody(contacts: Contacts, server: GoogleServer) -> None:
    for status, reason in ((400, "invalidArgument"), (302, ""), (418, "kari@example.no is odd")):
        server.fail(refused(status, reason), "GET", "/connections")
        with pytest.raises(Rejected) as caught:
            contacts.find(kari())
        assert str(status) in str(caught.value)
        assert "@" not in str(caught.value)


def test_a_domain_that_staff_typed_with_its_own_letters_is_hers(contacts: Contacts, server: GoogleServer) -> None:
    who = canonical("kari@blåbær.no")
    server.store.people.create({"emailAddresses": [{"value": "kari@blåbær.no"}], "memberships": []})
    profile = Profile(who.canonical, name="Kari", typed=who.display, acquainted=True)
    assert [held.kind for held in contacts.find(profile)] == ["contact"]
