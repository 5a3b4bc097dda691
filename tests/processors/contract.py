"""What every processor keeps.

Inherit `Contract` for a list that people are put on, `Holds` for anything else that holds them, and give the fixture
`processor` and the abstract methods.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.processors.base import Processor, Profile
from tests.processors.people import NOON, OLA, kari, met, profile

NEW = "kari.ny@example.no"


class Holds(ABC):
    """Ola is there before every test, and the same to the byte after it."""

    kind = ""  # what `find` calls the object that stands for a person

    @pytest.fixture
    @abstractmethod
    def processor(self) -> Processor:
        """The processor, with nobody in it."""

    @abstractmethod
    def raw(self, address: str) -> bytes:
        """All that the outside stores of an address, empty when it stores nothing."""

    @abstractmethod
    def arrive(self, processor: Processor, person: Profile) -> None:
        """The person comes to be known there."""

    @pytest.fixture(autouse=True)
    def ola_is_left_alone(self, processor: Processor):
        self.arrive(processor, OLA)
        before = self.raw(OLA.address)
        assert OLA.address.encode() in before
        yield
        assert self.raw(OLA.address) == before

    def test_find_names_what_is_held(self, processor: Processor) -> None:
        assert processor.find(kari()) == []
        self.arrive(processor, kari("newsletter"))
        assert [held.kind for held in processor.find(kari("newsletter"))] == [self.kind]

    def test_export_shows_the_person_and_nobody_else(self, processor: Processor) -> None:
        self.arrive(processor, kari("newsletter"))
        shown = str(processor.export(kari("newsletter")))
        assert "kari@example.no" in shown
        assert "ola@" not in shown

    def test_export_of_a_stranger_is_empty(self, processor: Processor) -> None:
        assert processor.export(kari()) == {}

    def test_after_erasing_find_is_empty_and_nothing_is_stored(self, processor: Processor) -> None:
        self.arrive(processor, kari("newsletter"))
        assert processor.erase(met(kari())).state == "erased"
        assert processor.find(kari()) == []
        assert self.raw("kari@example.no") == b""

    def test_of_a_stranger_nothing_is_erased(self, processor: Processor) -> None:
        assert processor.erase(profile("stranger@example.no")).state == "not_held"

    def test_the_withdrawal_of_a_stranger_introduces_nobody(self, processor: Processor) -> None:
        assert processor.push(kari()).state == "not_held"
        assert processor.push(met(kari())).state == "not_held"
        assert self.raw("kari@example.no") == b""

    def test_a_new_address_replaces_the_old_one_and_twice_is_once(self, processor: Processor) -> None:
        self.arrive(processor, kari("newsletter"))
        for _twice in range(2):
            assert processor.rectify(met(kari("newsletter")), NEW).state in {"subscribed", "held"}
        assert [held.kind for held in processor.find(profile(NEW))] == [self.kind]
        assert processor.find(kari()) == []
        assert self.raw("kari@example.no") == b"" and self.kind in processor.addressed

    def test_of_a_stranger_no_address_is_changed(self, processor: Processor) -> None:
        assert processor.rectify(kari(), NEW).state == "not_held"
        assert processor.rectify(met(kari("newsletter")), NEW).state == "not_held"
        assert self.raw(NEW) == b""

    def test_ping_answers_one_line_without_anybody_in_it(self, processor: Processor) -> None:
        assert "answers" in processor.ping()
        assert "@" not in processor.ping()


class Contract(Holds):
    """A mailing list: people are put on it by a push, and leave it."""

    kind = "member"
    muted_on_the_list = False  # is whoever is restricted still a member there, and gets nothing?

    def arrive(self, processor: Processor, person: Profile) -> None:
        processor.push(person)

    @abstractmethod
    def leave(self, address: str, at: datetime) -> None:
        """The person unsubscribes at the processor, past us."""

    def subscribed(self, processor: Processor) -> list[str]:
        return sorted({member.address for member in processor.members() if member.subscribed})

    def test_a_granted_consent_subscribes(self, processor: Processor) -> None:
        assert processor.push(kari("newsletter")).state == "subscribed"
        assert self.subscribed(processor) == ["kari@example.no", "ola@example.no"]
        assert b"newsletter" in self.raw("kari@example.no")
        assert b"offers" not in self.raw("kari@example.no")

    def test_pushing_twice_is_the_same_as_once(self, processor: Processor) -> None:
        processor.push(kari("newsletter"))
        once = self.raw("kari@example.no")
        assert processor.push(met(kari("newsletter"))).state == "subscribed"
        assert self.raw("kari@example.no") == once

    def test_one_purpose_of_two_withdrawn_leaves_the_other(self, processor: Processor) -> None:
        processor.push(kari("newsletter", "offers"))
        assert processor.push(met(kari("newsletter"))).state == "subscribed"
        assert b"newsletter" in self.raw("kari@example.no")
        assert b"offers" not in self.raw("kari@example.no")

    def test_everything_withdrawn_unsubscribes(self, processor: Processor) -> None:
        processor.push(kari("newsletter", "offers"))
        assert processor.push(met(kari())).state == "unsubscribed"
        assert self.subscribed(processor) == ["ola@example.no"]
        assert b"newsletter" not in self.raw("kari@example.no")

    def test_withdrawing_twice_is_the_same_as_once(self, processor: Processor) -> None:
        processor.push(kari("newsletter"))
        processor.push(met(kari()))
        once = self.raw("kari@example.no")
        assert processor.push(met(kari())).state == "unsubscribed"
        assert self.raw("kari@example.no") == once

    def test_whoever_left_there_is_not_brought_back_by_an_older_consent(self, processor: Processor) -> None:
        processor.push(kari("newsletter"))
        self.leave("kari@example.no", NOON + timedelta(hours=1))
        assert processor.push(met(kari("newsletter"))).state == "unsubscribed"
        assert self.subscribed(processor) == ["ola@example.no"]

    def test_a_withdrawal_here_can_be_taken_back_by_a_fresh_consent(self, processor: Processor) -> None:
        processor.push(kari("newsletter"))
        processor.push(met(kari()))
        later = datetime.now(UTC) + timedelta(minutes=1)
        assert processor.push(met(kari("newsletter", since=later))).state == "subscribed"
        assert self.subscribed(processor) == ["kari@example.no", "ola@example.no"]

    def test_whoever_is_on_the_list_is_on_it_by_the_new_address(self, processor: Processor) -> None:
        processor.push(kari("newsletter"))
        assert processor.rectify(met(kari("newsletter")), NEW).state == "subscribed"
        assert self.subscribed(processor) == [NEW, "ola@example.no"]
        assert b"newsletter" in self.raw(NEW)

    def test_of_whoever_is_off_the_list_no_name_is_wrong(self, processor: Processor) -> None:
        processor.push(kari("newsletter"))
        processor.push(met(kari()))
        processor.rectify(replace(met(kari()), name="Kari Hansen"))
        assert self.subscribed(processor) == ["ola@example.no"]
        assert not self.raw("kari@example.no") or b"Kari Hansen" in self.raw("kari@example.no")

    def test_nobody_comes_onto_the_list_by_moving(self, processor: Processor) -> None:
        processor.push(kari("newsletter"))
        processor.push(met(kari()))
        processor.rectify(met(kari()), NEW)
        assert self.subscribed(processor) == ["ola@example.no"]
        assert b"newsletter" not in self.raw(NEW)

    def test_whoever_left_there_stays_off_by_the_new_address(self, processor: Processor) -> None:
        processor.push(kari("newsletter"))
        self.leave("kari@example.no", NOON + timedelta(hours=1))
        processor.rectify(met(kari("newsletter")), NEW)
        assert self.subscribed(processor) == ["ola@example.no"]

    def test_export_shows_what_the_person_said_yes_to(self, processor: Processor) -> None:
        processor.push(kari("newsletter"))
        assert "newsletter" in str(processor.export(kari("newsletter")))

    def test_erasing_again_says_erased(self, processor: Processor) -> None:
        processor.push(kari("newsletter"))
        processor.erase(met(kari()))
        assert processor.erase(met(kari())).state == "erased"

    def test_whoever_is_restricted_is_kept_and_gets_nothing_until_it_is_lifted(self, processor: Processor) -> None:
        processor.push(kari("newsletter"))
        for _twice in range(2):
            assert processor.restrict(met(kari("newsletter")), True).state == "held"
        assert processor.find(met(kari("newsletter"))) != []
        assert ("kari@example.no" in self.subscribed(processor)) is self.muted_on_the_list
        processor.restrict(met(kari("newsletter")), False)
        assert self.subscribed(processor) == ["kari@example.no", "ola@example.no"]

    def test_lifting_brings_back_nobody_who_has_withdrawn_meanwhile(self, processor: Processor) -> None:
        processor.push(kari("newsletter"))
        processor.restrict(met(kari("newsletter")), True)
        processor.restrict(met(kari()), False)
        assert self.subscribed(processor) == ["ola@example.no"]

    def test_a_stranger_cannot_be_restricted(self, processor: Processor) -> None:
        assert processor.restrict(profile("stranger@example.no"), True).state == "not_held"

    def test_members_lists_everybody_with_their_state(self, processor: Processor) -> None:
        processor.push(kari("newsletter"))
        processor.push(met(kari()))
        shown = {(member.address, member.subscribed) for member in processor.members()}
        assert shown == {("kari@example.no", False), ("ola@example.no", True)}

    def test_pushing_many_is_the_same_as_pushing_each(self, processor: Processor) -> None:
        processor.push(kari("newsletter"))
        people = [met(kari()), profile("new@example.no", "offers"), profile("stranger@example.no"), OLA]
        outcomes = [(person.address, outcome.state) for person, outcome in processor.push_many(people)]
        assert outcomes == [
            ("kari@example.no", "unsubscribed"),
            ("new@example.no", "subscribed"),
            ("stranger@example.no", "not_held"),
            ("ola@example.no", "subscribed"),
        ]
        assert self.subscribed(processor) == ["new@example.no", "ola@example.no"]
        assert b"offers" in self.raw("new@example.no")

    def test_an_unusual_address_is_taken_as_it_is(self, processor: Processor) -> None:
        odd = profile("o'hara+server=1@server.no", "newsletter")
        assert processor.push(odd).state == "subscribed"
        assert len(processor.find(odd)) == 1
        assert processor.erase(met(odd)).state == "erased"
