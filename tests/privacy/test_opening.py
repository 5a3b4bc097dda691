"""Asking, as anybody can who knows an address: only its owner gets a letter, and nobody learns anything."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from sqlalchemy import select, text

from app.clock import now
from app.consent import ledger
from app.consent import service as consent
from app.contacts import service as contacts
from app.contacts import suppression
from app.extensions import db
from app.outbox.models import OutboxRow
from app.privacy import identity, opening
from app.privacy import links as tokens
from app.privacy.grounds import UnknownGround
from app.privacy.models import PrivacyLink, PrivacyRequest
from app.sites.models import Site
from tests.flows.steps import Person, path
from tests.support.mailbox import Mailbox, links, one_click
from tests.support.mailbox import text as words


class Asker:
    """Somebody with a browser, and a mailbox that may or may not be the one that she types."""

    def __init__(self, app: Any, client: Any, worker: Any, mailbox: Mailbox) -> None:
        self.app, self.client, self.worker, self.mailbox = app, client, worker, mailbox

    def asks(self, wish: str, address: str, network: str = "192.0.2.7") -> Any:
        data = {"wish": wish, "address": address}
        answer = self.client.post("/privacy", data=data, environ_base={"REMOTE_ADDR": network})
        self.worker()
        return answer

    def link(self, address: str) -> str:
        """In the newest letter that has one: a token holds a full stop."""
        found = [link for letter in self.mailbox.to(address) for link in links(letter, "/privacy/")]
        return path([link for link in found if "." in link.rpartition("/")[2]][-1])

    def presses(self, link: str) -> Any:
        return self.client.post(link)  # and the worker rests: what follows is not what is tested here

    def proves(self, wish: str, address: str) -> int:
        self.asks(wish, address)
        assert self.presses(self.link(address)).status_code == 303
        return self.numbers()[-1]

    def numbers(self) -> list[int]:
        with self.app.app_context():
            return list(db.session.scalars(select(PrivacyRequest.id).order_by(PrivacyRequest.id)))

    def request(self, number: int) -> PrivacyRequest:
        with self.app.app_context():
            row = db.session.get_one(PrivacyRequest, number)
            db.session.expunge(row)
            return row

    def state(self, number: int) -> str:
        return self.request(number).state

    def steps(self, number: int) -> list[str]:
        with self.app.app_context():
            return [event.type for event in ledger.events(db.session.get_one(PrivacyRequest, number).word)]

    def planned(self) -> list[str]:
        """Requests that the worker has been asked to plan."""
        with self.app.app_context():
            rows = select(OutboxRow.ref).where(OutboxRow.kind == "privacy.plan").order_by(OutboxRow.id)
            return list(db.session.scalars(rows))


@pytest.fixture
def asker(app: Any, demo: Any, client: Any, worker: Any, mailbox: Mailbox) -> Asker:
    return Asker(app, client, worker, mailbox)


@pytest.fixture
def known(asker: Asker, kari: str, ola: str) -> None:
    """Both subscribe to the newsletter."""
    for address in (kari, ola):
        Person(asker.client, asker.worker, asker.mailbox, address).subscribes()
    asker.mailbox.clear()


# Whose letter


def test_only_the_owner_of_an_address_gets_a_letter(asker: Asker, known: None, kari: str) -> None:
    asker.asks("erasure", " KARI@example.no ")
    assert [letter["To"] for letter in asker.mailbox] == [kari]
    assert asker.state(asker.numbers()[0]) == "identity_pending"


def test_a_strangers_request_changes_nothing_until_the_mailbox_is_proven(asker: Asker, known: None, kari: str) -> None:
    asker.asks("objection", kari)
    with asker.app.app_context():
        contact = contacts.find(kari)
        assert contact and list(consent.granted(contact)) == ["newsletter"]
        assert not suppression.scopes(kari)
    assert not asker.planned()


def test_the_answer_and_the_work_are_the_same_for_known_unknown_and_suppressed(
    asker: Asker, known: None, kari: str, ola: str
) -> None:
    with asker.app.app_context():
        suppression.suppress(ola, suppression.ALL, "erased")
        db.session.commit()
    seen = {address: traces(asker, address) for address in (kari, ola, "nobody@example.no")}
    assert len(set(seen.values())) == 1, seen


def traces(asker: Asker, address: str) -> tuple[Any, ...]:
    """What the visitor sees, what is written, and which letter leaves; the address and her own links apart."""
    before = counts(asker)
    answer = asker.asks("access", address)
    grown = tuple(after - was for was, after in zip(before, counts(asker), strict=True))
    (letter,) = asker.mailbox.to(address)
    link = asker.mailbox.link("/privacy/", to=address)
    body = words(letter).replace(link, "LINK").replace(one_click(letter), "LINK")
    return answer.status_code, answer.text.replace(address, "HER"), grown, str(letter["Subject"]), body


def counts(asker: Asker) -> list[int]:
    tables = ("privacy_request", "privacy_link", "privacy_record", "consent_event", "letter", "contact", "outbox")
    with asker.app.app_context():
        return [db.session.scalar(text(f"SELECT count(*) FROM {table}")) or 0 for table in tables]


def test_the_letter_does_not_say_whether_anything_is_held(asker: Asker, kari: str) -> None:
    asker.asks("access", kari)
    with asker.app.app_context():
        assert asker.request(1).contact_id is None and contacts.find(kari) is None


# How many letters


def test_a_stranger_cannot_fill_her_mailbox(asker: Asker, kari: str) -> None:
    answers = {asker.asks("erasure", kari, network=f"192.0.{n}.7").text for n in range(9)}
    assert len(asker.mailbox.to(kari)) == 2 and len(asker.numbers()) == 2
    assert len(answers) == 1
    for hours in (1, 2, 3, 4, 5):
        with time_machine.travel(now() + timedelta(hours=hours)):
            asker.asks("page", kari, network=f"198.51.{hours}.7")
    assert len(asker.mailbox.to(kari)) == 5


def test_the_day_after_she_may_ask_again(asker: Asker, kari: str) -> None:
    for n in range(5):
        with time_machine.travel(now() + timedelta(hours=n)):
            asker.asks("erasure", kari)
    with time_machine.travel(now() + timedelta(hours=29)):
        asker.asks("erasure", kari)
    assert len(asker.mailbox.to(kari)) == 6


def test_who_was_bothered_does_not_keep_ola_out(asker: Asker, kari: str, ola: str) -> None:
    for n in range(4):
        asker.asks("erasure", kari, network=f"192.0.{n}.7")
    asker.asks("access", ola)
    assert len(asker.mailbox.to(ola)) == 1


def test_one_network_has_a_share_for_all_addresses(asker: Asker) -> None:
    for n in range(25):
        asker.asks("erasure", f"stranger{n}@example.no")
    assert len(asker.mailbox) == 20


def test_who_bombs_strangers_from_many_networks_is_slowed_down_and_kari_is_not(asker: Asker, kari: str) -> None:
    with asker.app.app_context():
        site = db.session.scalars(select(Site)).one()
        for n in range(50):
            links_to = identity.Identity(f"stranger{n}@example.no")
            tokens.open("prove", links_to, site=site, lang="nb", network=f"198.51.{n // 15}.0/24")
        db.session.commit()
    for n in range(5):
        asker.asks("erasure", f"another{n}@example.no", network="198.51.77.7")
    assert len(asker.mailbox) == 2
    asker.asks("erasure", kari, network="203.0.113.5")
    assert len(asker.mailbox.to(kari)) == 1


# Proving


def test_opening_the_link_proves_nothing(asker: Asker, kari: str) -> None:
    asker.asks("erasure", kari)
    for _ in range(3):
        assert asker.client.get(asker.link(kari)).status_code == 200
        assert asker.client.head(asker.link(kari)).status_code == 200
    assert asker.state(1) == "identity_pending" and not asker.planned()


def test_the_button_proves_who_she_is_and_the_work_begins(asker: Asker, known: None, kari: str) -> None:
    number = asker.proves("access", kari)
    request = asker.request(number)
    assert (request.state, request.identified_by, request.actor) == ("received", "link", "subject")
    assert request.proven_at and request.contact_id and asker.planned() == [str(number)]
    assert asker.steps(number) == ["identity_pending", "received"]


def test_the_clock_started_when_she_asked_and_not_when_she_proved(asker: Asker, kari: str) -> None:
    with time_machine.travel("2026-01-31T22:30:00Z", tick=False):  # 23:30 in Oslo
        asker.asks("access", kari)
    with time_machine.travel("2026-02-01T12:00:00Z", tick=False):
        asker.presses(asker.link(kari))
    assert asker.request(1).due_at.isoformat(timespec="seconds") == "2026-02-28T22:59:59+00:00"


def test_a_button_pressed_twice_counts_once(asker: Asker, kari: str) -> None:
    number = asker.proves("access", kari)
    assert asker.presses(asker.link(kari)).status_code == 410
    assert asker.steps(number) == ["identity_pending", "received"] and asker.planned() == [str(number)]


def test_an_acknowledgement_follows(asker: Asker, kari: str) -> None:
    number = asker.proves("access", kari)
    with asker.app.app_context():
        kinds = list(db.session.scalars(text("SELECT kind FROM letter ORDER BY id")))
    assert kinds == ["privacy_prove", "privacy_opened"] and number == 1


@pytest.mark.parametrize("change", ["secret", "row", "short", "other"])
def test_a_forged_link_proves_nothing(asker: Asker, kari: str, change: str) -> None:
    asker.asks("erasure", kari)
    row, _, secret = asker.link(kari).removeprefix("/privacy/").partition(".")
    forged = {
        "secret": f"{row}.{secret[::-1]}",
        "row": f"{row[::-1]}.{secret}",
        "short": f"{row}.{secret[:-1]}",
        "other": secret,
    }[change]
    assert asker.presses(f"/privacy/{forged}").status_code == 410
    assert asker.client.get(f"/privacy/{forged}").status_code == 410
    assert asker.state(1) == "identity_pending"


def test_three_wrong_tries_end_the_link(asker: Asker, kari: str) -> None:
    asker.asks("erasure", kari)
    link = asker.link(kari)
    for _ in range(3):
        asker.presses(link[:-4] + "AAAA")
    assert asker.presses(link).status_code == 410
    assert asker.state(1) == "identity_pending"


def test_a_link_that_is_a_day_old_proves_nothing(asker: Asker, kari: str) -> None:
    asker.asks("erasure", kari)
    with time_machine.travel(now() + timedelta(hours=24, seconds=5)):
        assert asker.presses(asker.link(kari)).status_code == 410
    assert asker.state(1) == "identity_pending"


def test_nothing_in_clear_is_written_about_a_stranger(asker: Asker) -> None:
    asker.proves("access", "secret.stranger@example.no")
    with asker.app.app_context():
        for table in ("privacy_request", "privacy_link", "privacy_record", "consent_event", "letter", "outbox"):
            rows = db.session.execute(text(f"SELECT * FROM {table}")).all()
            assert rows and "secret.stranger" not in repr(rows), table


# Twice


def test_a_second_erasure_while_the_first_runs_is_a_duplicate(asker: Asker, known: None, kari: str) -> None:
    first = asker.proves("erasure", kari)
    second = asker.proves("erasure", kari)
    repeated = asker.request(second)
    assert asker.state(first) == "awaiting_approval"
    assert (repeated.state, repeated.duplicate_of, repeated.sealed) == ("duplicate", first, b"")
    assert set(asker.planned()) == {str(first)}


def test_the_first_that_is_proven_counts_and_not_the_first_that_was_asked(asker: Asker, kari: str) -> None:
    asker.asks("erasure", kari, network="203.0.113.9")  # by a stranger, who cannot read her mail
    number = asker.proves("erasure", kari)
    assert (asker.state(1), asker.state(number)) == ("identity_pending", "received")


def test_nothing_is_said_of_a_duplicate_before_both_are_proven(asker: Asker, kari: str) -> None:
    asker.proves("erasure", kari)
    asker.asks("erasure", kari, network="203.0.113.9")
    assert asker.request(2).duplicate_of is None and asker.state(2) == "identity_pending"


def test_another_kind_is_no_duplicate_and_neither_is_anybody_elses(asker: Asker, kari: str, ola: str) -> None:
    asker.proves("erasure", kari)
    assert asker.state(asker.proves("access", kari)) == "received"
    assert asker.state(asker.proves("erasure", ola)) == "received"


def test_what_has_ended_is_not_repeated_by_a_new_request(asker: Asker, kari: str) -> None:
    first = asker.proves("access", kari)
    with asker.app.app_context():
        db.session.get_one(PrivacyRequest, first).state = "completed"
        db.session.commit()
    assert asker.state(asker.proves("access", kari)) == "received"


def test_two_corrections_are_the_same_only_when_they_correct_the_same(asker: Asker, kari: str) -> None:
    numbers = [opened(asker, kari, "rectification", wishes={"changes": {"name": n}}) for n in ("Kari", "Karin", "Kari")]
    assert [asker.state(number) for number in numbers] == ["received", "received", "duplicate"]
    assert asker.request(numbers[2]).duplicate_of == numbers[0]


def opened(asker: Asker, address: str, kind: str, **more: Any) -> int:
    """By staff, for somebody on the telephone."""
    with asker.app.app_context():
        site = db.session.scalars(select(Site)).one()
        about = {"origin": "staff", "actor": "staff:1", "identified_by": "by telephone", "lang": "nb", **more}
        request = opening.open_identified(kind, address, site=site, **about)
        db.session.commit()
        return request.id


def test_of_two_at_the_same_moment_one_is_the_first(asker: Asker, kari: str) -> None:
    """Her telephone and her browser, or a button pressed on two machines."""
    gate = Barrier(4)

    def press(_: int) -> int:
        gate.wait()
        return opened(asker, kari, "erasure")

    with ThreadPoolExecutor(4) as hands:
        numbers = list(hands.map(press, range(4)))
    assert sorted(asker.state(number) for number in numbers) == ["duplicate"] * 3 + ["received"]


# Objection


def test_an_objection_counts_at_once_for_every_purpose(asker: Asker, known: None, kari: str, ola: str) -> None:
    asker.proves("objection", kari)
    with asker.app.app_context():
        hers, his = contacts.find(kari), contacts.find(ola)
        assert hers and his
        assert {state.state for state in consent.states(hers).values()} == {"withdrawn"}
        assert suppression.scopes(kari) == {"newsletter", "offers", "information"}
        assert list(consent.granted(his)) == ["newsletter"] and not suppression.scopes(ola)


def test_an_objection_of_somebody_unknown_keeps_her_unknown_and_left_alone(asker: Asker, kari: str) -> None:
    asker.proves("objection", kari)
    with asker.app.app_context():
        assert contacts.find(kari) is None
        assert suppression.scopes(kari) == {"newsletter", "offers", "information"}


def test_who_said_yes_anew_and_objects_again_is_heard_though_it_is_a_repeat(
    asker: Asker, known: None, kari: str
) -> None:
    first = opened(asker, kari, "objection")
    with asker.app.app_context():
        contact = contacts.find(kari)
        assert contact
        suppression.lift(kari, "newsletter")
        ledger.append(contact, "newsletter", "confirmed", actor="subject", method="preference_page")
        db.session.commit()
        assert list(consent.granted(contact)) == ["newsletter"]
    second = opened(asker, kari, "objection")
    with asker.app.app_context():
        contact = contacts.find(kari)
        assert contact and not consent.granted(contact) and "newsletter" in suppression.scopes(kari)
    assert asker.request(second).duplicate_of == first


# By staff


def test_staff_open_a_request_for_who_telephoned_and_it_begins_at_once(asker: Asker, known: None, kari: str) -> None:
    request = asker.request(opened(asker, kari, "erasure", ground="withdrawn"))
    assert (request.state, request.ground, request.actor) == ("received", "withdrawn", "staff:1")
    assert request.identified_by == "by telephone" and request.contact_id


def test_staff_may_vouch_for_a_request_that_waits(asker: Asker, kari: str) -> None:
    asker.asks("access", kari)
    with asker.app.app_context():
        opening.identified(db.session.get_one(PrivacyRequest, 1), "staff:1", "by telephone")
        db.session.commit()
    assert asker.state(1) == "received" and asker.request(1).identified_by == "by telephone"
    assert asker.steps(1) == ["identity_pending", "received"]


def test_the_law_knows_its_own_grounds_only(asker: Asker, kari: str) -> None:
    with pytest.raises(UnknownGround):
        opened(asker, kari, "erasure", ground="marketing")
    with pytest.raises(opening.UnknownKind):
        opened(asker, kari, "revenge")
    assert not asker.numbers()


def test_whom_a_request_is_about_is_sealed_with_it(asker: Asker, known: None, kari: str) -> None:
    request = asker.request(opened(asker, kari, "access", typed="Kari@Example.no"))
    with asker.app.app_context():
        contact = contacts.find(kari)
        assert contact
        known_as = identity.reveal(request.sealed)
        assert known_as == identity.Identity(kari, "Kari@Example.no", contact.id, contact.subject)
        assert request.address_mac in identity.macs(kari)


def test_links_forget_whom_they_were_for(asker: Asker, kari: str) -> None:
    from app.privacy.deadline import jobs

    asker.asks("access", kari)
    with asker.app.app_context(), time_machine.travel(now() + timedelta(hours=25)):
        jobs.drop()
        link = db.session.scalars(select(PrivacyLink)).one()
        assert (link.sealed, link.network) == (b"", "") and link.address_mac
    with asker.app.app_context(), time_machine.travel(now() + timedelta(days=31)):
        jobs.drop()
        assert db.session.scalars(select(PrivacyLink)).all() == []
