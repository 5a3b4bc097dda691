"""Our own tables as a holder: what is found of Kari is shown, corrected and erased, and Ola's stays byte for byte."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import outbox
from app.billing import service as billing
from app.clock import now
from app.consent import ledger
from app.contacts import suppression
from app.extensions import db
from app.i18n import speaking
from app.letters.models import Letter
from app.privacy import own
from app.processors.base import Profile, Rejected
from app.processors.stripe.statement import Statement
from app.submissions.models import Submission
from tests.privacy.house import DIALLED, NAMES, PHONES, House
from tests.support.mailchimp_server import MailchimpServer

KINDS = {
    "contact",
    "value",
    "evidence",
    "confirmation",
    "preference_link",
    "submission",
    "unread",
    "letter",
    "customer",
    "import",
    "processor_state",
    "drift_finding",
    "drift_stranger",
}


@pytest.fixture
def house(app: Flask, demo: Any) -> Iterator[House]:
    with MailchimpServer() as mailchimp:
        yield House(app, mailchimp).settle()  # type: ignore[misc]


def found(house: House, profile: Profile) -> Counter[str]:
    with house.app.app_context():
        return Counter(held.kind for held in own.find(profile))


def erased(house: House, profile: Profile) -> str:
    with house.app.app_context():
        own.stop(profile)
        db.session.commit()
        outcome = own.erase(profile)
        db.session.commit()
        return outcome.state


def test_every_kind_of_row_is_found(house: House, kari: str) -> None:
    house.knows_all_over(kari)
    house.waits_with_a_list(kari)
    kinds = found(house, house.profile(kari))
    assert set(kinds) == KINDS
    assert kinds["submission"] == 3 and kinds["customer"] == 2 and kinds["unread"] == 1


def test_a_stranger_has_nothing_here(house: House, kari: str) -> None:
    assert found(house, Profile(kari)) == Counter()
    assert erased(house, Profile(kari)) == "not_held"


def test_kari_is_gone_from_every_table_and_file_and_ola_is_byte_identical(house: House, kari: str, ola: str) -> None:
    house.knows_all_over(kari)
    house.knows_all_over(ola)
    house.waits_with_a_list(kari)
    house.waits_with_a_list(ola)
    before, hers = house.everything_here(ola), house.profile(kari)
    assert house.tables_naming(kari) >= {"contact", "contact_value", "submission", "search_contact", "unread_body"}
    assert {file.partition(".")[2] for file in house.files_naming(kari)} >= {"eml"}
    assert erased(house, hers) == "erased"
    with house.later(minutes=2):
        house.work()  # what the search and an embedded database's log still hold
    assert found(house, hers) == Counter()
    assert house.tables_naming(kari) == set()
    house.forgets_the_mail()
    assert house.files_naming(kari) == set()
    assert house.everything_here(ola) == before


def test_the_hash_of_her_address_and_the_events_stay(house: House, app: Flask, kari: str) -> None:
    house.knows_all_over(kari)
    subject, hers = house.contact(kari).subject, house.profile(kari)
    erased(house, hers)
    with app.app_context():
        events = ledger.events(subject)
        assert [event.type for event in events if event.purpose == "newsletter"][-1] == "erased"
        assert suppression.reasons(kari) == {"erased"} and suppression.scopes(kari) == {"all"}


def test_erasing_twice_is_erasing_once(house: House, kari: str) -> None:
    house.knows_all_over(kari)
    hers = house.profile(kari)
    assert erased(house, hers) == "erased"
    assert erased(house, hers) == "not_held"


def test_somebody_whose_address_ends_in_hers_is_somebody_else(house: House, kari: str) -> None:
    NAMES["mari.kari@example.no"], PHONES["mari.kari@example.no"] = "Mari", "22 11 00 99"
    house.waits_with_a_list("mari.kari@example.no")
    house.app.test_client().post(
        "/f/kontakt", data='{"email": "mari.kari@example.no",', content_type="application/json"
    )
    assert found(house, Profile(kari)) == Counter()


def test_a_list_that_is_being_taken_in_is_waited_for(house: House, app: Flask, kari: str, ola: str) -> None:
    number = house.waits_with_a_list(kari, ola)
    with app.app_context():
        run = db.session.get_one(house.run, number)
        run.state = "running"
        db.session.commit()
    with app.app_context():
        outcome = own.erase(Profile(kari))
        assert outcome.state == "pending" and outcome.check_at is not None and outcome.check_at > now()
        db.session.rollback()
        db.session.get_one(house.run, number).state = "ready"
        assert own.erase(Profile(kari)).state == "erased"
        assert db.session.get_one(house.run, number).state == "discarded"


def test_an_access_shows_everything_with_its_words_and_where_it_came_from(house: House, app: Flask, kari: str) -> None:
    house.knows_all_over(kari)
    house.waits_with_a_list(kari)
    hers = house.profile(kari)
    with app.app_context():
        shown = own.export(hers, "nb")
    assert shown["contact"]["address"] == kari
    values = {row["field"]: row for row in shown["values"]}
    assert values["phone"]["value"] == DIALLED[kari] and values["phone"]["label"] == "Telefon"
    assert "Kontakt oss" in values["name"]["source"]
    (newsletter,) = (row for row in shown["consents"] if row["purpose"] == "newsletter")
    assert newsletter["label"] == "Nyhetsbrev" and newsletter["history"][0]["text"].startswith("Ja takk")
    assert newsletter["history"][0]["site"] == "Fjordlys Interiør"
    assert len(shown["submissions"]) == 3 and shown["submissions"][0]["answers"][0] == {
        "label": "Navn",
        "value": NAMES[kari],
    }
    assert shown["purchases"]["invoices"][0]["number"].startswith("F-")
    assert {row["entry"] for row in shown["processing"]} == {"company", "mailchimp"}
    assert all(row["said"] for row in shown["processing"])
    assert shown["letters"] and shown["unread"] and shown["lists"] and shown["recipients"]


def test_what_was_covered_is_told_her_in_words(house: House, app: Flask, kari: str) -> None:
    house.knows_all_over(kari)
    with app.app_context():
        row = db.session.query(Submission).filter_by(address=kari).first()
        assert row
        row.masked = ["message: national_id", "noe_annet: card"]
        db.session.commit()
    for lang, said in (("nb", "Melding (fødselsnummer)"), ("en", "Message (national identity number)")):
        with app.app_context(), speaking(lang):
            found = [text for shown in own.export(house.profile(kari), lang)["submissions"] for text in shown["masked"]]
        assert found[0] == said and found[1].startswith("noe_annet (")


def test_an_access_of_a_stranger_holds_no_one_elses_data(house: House, app: Flask, kari: str, ola: str) -> None:
    house.knows_all_over(ola)
    with app.app_context():
        shown = own.export(Profile(kari), "en")
    assert {name for name, value in shown.items() if value} == {"processing"}


def test_a_correction_replaces_what_was_told_and_says_where_it_comes_from(house: House, app: Flask, kari: str) -> None:
    house.knows_all_over(kari)
    with app.app_context():
        outcome = own.rectify(house.profile(kari), {"name": "Kari Hansen", "phone": "", "lang": "en"}, "request:7")
        db.session.commit()
    assert outcome.state == "held"
    assert house.values(kari) == {"name": ("Kari Hansen", "request")}
    assert house.contact(kari).lang == "en"
    house.posts(kari, message="Enda et", name="Kari Nordmann")
    assert house.values(kari)["name"] == ("Kari Hansen", "request")


def test_a_new_address_is_no_correction(house: House, app: Flask, kari: str) -> None:
    house.knows_all_over(kari)
    with app.app_context(), pytest.raises(Rejected, match="address"):
        own.rectify(house.profile(kari), {"address": "else@example.no"}, "request:7")


def test_webhooks_in_the_middle_of_an_erasure_change_nothing(house: House, app: Flask, kari: str, ola: str) -> None:
    house.knows_all_over(kari)
    hers = house.profile(kari)
    told = house.at_sandbox(kari)
    with app.app_context():
        own.stop(hers)
        db.session.commit()
    hooks = [house.news(kind, kari) for kind in ("subscribe", "profile", "unsubscribe", "subscribe")]
    for hook in [*hooks, *reversed(hooks)]:
        assert house.deliver(hook) == 200
        house.work()
    with app.app_context():
        billing.take(Statement("cus_new", address=kari, created_at=now(), values={"city": "Bergen"}))
        db.session.commit()
    assert house.at_sandbox(kari) == told and "city" not in house.values(kari)
    assert erased(house, hers) == "erased"
    for hook in hooks:
        house.deliver(hook)
        house.work()
    assert found(house, hers) == Counter() and house.contact(ola) is None


def test_from_the_first_step_on_nothing_brings_her_back(house: House, app: Flask, kari: str) -> None:
    house.knows_all_over(kari)
    hers = house.profile(kari)
    with app.app_context():
        outbox.enqueue("sync.push", f"sandbox:{house.contact(kari).id}")
        own.stop(hers)
        db.session.commit()
    assert house.unsent(kari) == [("receipt_confirmed", "erased")]
    before, sent = house.at_mailchimp(kari), len(house.letters(kari))
    house.posts(kari, form="nyhetsbrev", consent_offers="1")
    with house.later(days=2):
        house.work()
    assert house.at_mailchimp(kari) == before and len(house.letters(kari)) == sent
    with app.app_context():
        waiting = select(Submission).where(Submission.address == kari, Submission.processed_at.is_(None))
        assert db.session.scalars(waiting).all() == []
        unsent = select(Letter).where(Letter.contact_id.is_not(None), Letter.sent_at.is_(None), Letter.dropped == "")
        assert db.session.scalars(unsent).all() == []
