"""Asking for consent: by a form that anyone can send, so it must never weaken, reveal or bother."""

import re
from datetime import timedelta

import pytest
import time_machine

from app import processors
from app.clock import now
from app.extensions import db
from tests.flows.steps import BOTH, NEWSLETTER, consent, database, history, path, person
from tests.support.mailbox import html, text


def later(**delta):
    return time_machine.travel(now() + timedelta(**delta), tick=True)


def at_the_sandbox(app):
    with app.app_context():
        return [member.address for member in processors.active()["sandbox"].members()]


def test_kari_asks_gets_a_letter_confirms_and_is_on_the_list(app, kari_herself):
    answer = kari_herself.asks()
    assert answer.status_code == 303
    assert consent(app, kari_herself.address) == "asked"
    kari_herself.confirms()
    found = person(app, kari_herself.address)
    assert found["consents"]["newsletter"] == "confirmed"
    assert found["processors"]["sandbox"]["state"] == "subscribed"
    assert found["fields"]["name"] == "Kari Nordmann"
    assert found["suppressed"] is False


def test_before_she_confirms_no_processor_hears_of_her(app, kari_herself):
    kari_herself.asks()
    assert person(app, kari_herself.address)["processors"]["sandbox"]["state"] == "none"
    assert at_the_sandbox(app) == []


def test_a_form_without_a_tick_asks_for_nothing(app, kari_herself):
    kari_herself.asks({}, form="kontakt", message="Hei")
    assert history(app, kari_herself.address) == []
    assert kari_herself.letters() == []


@pytest.mark.parametrize("value", ["", "0", "false", "off", "nei", "kanskje", "Unchecked"])
def test_only_a_real_yes_counts_as_a_tick(app, kari_herself, value):
    kari_herself.asks({"consent_newsletter": value})
    assert history(app, kari_herself.address) == []


def test_boxes_are_never_ticked_beforehand(client, demo):
    for form in ("kontakt", "nyhetsbrev"):
        page = client.get(f"/f/{form}")
        assert page.status_code == 200
        assert b"checked" not in page.data


def test_a_box_is_never_a_condition_for_sending(app, kari_herself):
    assert kari_herself.asks({}, form="kontakt", message="Hei").status_code == 303
    assert len(person(app, kari_herself.address)["submissions"]) == 1


def test_whoever_left_can_ask_again_from_a_page_left_open(app, client, kari_herself):
    word = client.get("/f/nyhetsbrev/token").get_json()["token"]
    with later(seconds=10):
        kari_herself.asks(_t=word)
        kari_herself.confirms()
        kari_herself.leaves()
        letters = len(kari_herself.letters())
    with later(hours=2):
        kari_herself.asks(_t=word)
    assert consent(app, kari_herself.address) == "asked"
    assert len(kari_herself.letters()) == letters + 1


def test_asking_again_when_the_answer_is_yes_changes_nothing_and_reveals_nothing(app, client, kari_herself, worker):
    first = kari_herself.asks()
    kari_herself.confirms()
    letters, before = len(kari_herself.letters()), history(app, kari_herself.address)
    with later(hours=1):
        again = kari_herself.asks()
    assert again.status_code == first.status_code
    assert again.location.split("ref=")[0] == first.location.split("ref=")[0]
    assert history(app, kari_herself.address) == before
    assert len(kari_herself.letters()) == letters


def test_somebody_elses_form_cannot_end_karis_consent(app, client, worker, kari_herself):
    kari_herself.subscribes()
    client.post(
        "/f/kontakt", data={"email": kari_herself.address, "name": "Ond", "message": "x", "consent_newsletter": "0"}
    )
    worker()
    assert consent(app, kari_herself.address) == "confirmed"


def test_a_strangers_form_does_not_rename_kari(app, client, worker, kari_herself):
    kari_herself.subscribes()
    client.post("/f/kontakt", data={"email": kari_herself.address, "name": "Noen Andre", "message": "x"})
    worker()
    assert person(app, kari_herself.address)["fields"]["name"] == "Kari Nordmann"


def test_nobody_can_resubscribe_somebody_who_left(app, kari_herself):
    kari_herself.subscribes()
    kari_herself.leaves()
    with later(minutes=11):
        kari_herself.asks()
        assert consent(app, kari_herself.address) == "asked"
        found = person(app, kari_herself.address)
        assert found["suppressed"] and found["processors"]["sandbox"]["state"] == "unsubscribed"


def test_only_her_own_fresh_confirmation_brings_her_back(app, kari_herself):
    kari_herself.subscribes()
    kari_herself.leaves()
    with later(minutes=11):
        kari_herself.subscribes()
    found = person(app, kari_herself.address)
    assert found["consents"]["newsletter"] == "confirmed" and not found["suppressed"]
    assert found["processors"]["sandbox"]["state"] == "subscribed"


def test_whoever_left_is_asked_once_a_day_at_most(app, kari_herself):
    kari_herself.subscribes()
    kari_herself.leaves()
    before = len(kari_herself.letters())
    for hours in (1, 3, 5, 7, 24):
        with later(hours=hours):
            kari_herself.asks(name=f"Kari {hours}")
            kari_herself.worker()
    assert len(kari_herself.letters()) == before + 1
    with later(hours=26):
        kari_herself.asks(name="Kari 26")
        assert len(kari_herself.letters()) == before + 2


def test_a_mailbox_that_refused_us_may_say_yes_again(app, kari_herself):
    from app.contacts import suppression

    with app.app_context():
        suppression.suppress(kari_herself.address, suppression.ALL, "bounced")
        db.session.commit()
    kari_herself.subscribes()
    assert person(app, kari_herself.address)["consents"]["newsletter"] == "confirmed"
    assert not person(app, kari_herself.address)["suppressed"]


def test_five_letters_a_month_are_five_also_for_whoever_was_forgotten_meanwhile(app, kari_herself):
    from app.consent import jobs

    for day in range(0, 30, 2):
        with later(days=day), app.app_context():
            jobs.expire()
            jobs.tidy()
            kari_herself.asks(name=f"Kari {day}")
    assert len(kari_herself.letters()) == 5
    with later(days=32), app.app_context():
        jobs.tidy()
        kari_herself.asks(name="Kari 32")
    assert len(kari_herself.letters()) == 6


def test_the_objection_outlives_her_data(app, kari_herself):
    from app.contacts import suppression
    from app.contacts.service import find, forget

    kari_herself.subscribes()
    kari_herself.leaves()
    with app.app_context():
        forget(find(kari_herself.address))
        db.session.commit()
        assert suppression.suppressed(kari_herself.address, "newsletter")


def test_the_suppression_names_nobody_without_our_key(app, kari_herself):
    from hashlib import sha256

    from app.contacts.models import Suppression

    kari_herself.subscribes()
    kari_herself.leaves()
    with app.app_context():
        macs = [row.mac for row in db.session.query(Suppression)]
    assert macs and sha256(kari_herself.address.encode()).hexdigest() not in macs


def test_at_most_one_letter_in_ten_minutes_three_a_day_and_five_a_month(app, kari_herself):
    for _ in range(4):
        kari_herself.asks()
    assert len(kari_herself.letters()) == 1
    for minutes in (11, 22, 33, 44, 55):
        with later(minutes=minutes):
            kari_herself.asks()
    assert len(kari_herself.letters()) == 3
    for days in (2, 3, 4, 5):
        with later(days=days):
            kari_herself.asks()
    assert len(kari_herself.letters()) == 5


def test_the_throttle_rolls_and_locks_nobody_out_for_good(app, kari_herself):
    for days in range(6):
        with later(days=days):
            kari_herself.asks()
    count = len(kari_herself.letters())
    with later(days=40):
        kari_herself.asks()
    assert len(kari_herself.letters()) == count + 1


def test_the_older_link_ends_when_she_asks_anew(app, client, kari_herself):
    kari_herself.asks()
    old = kari_herself.confirm_link()
    with later(hours=1):
        kari_herself.asks()
        assert client.post(old).status_code == 410
        assert consent(app, kari_herself.address) == "asked"
        assert kari_herself.confirms().status_code == 200


def test_a_second_press_is_told_kindly_that_it_was_done(client, kari_herself):
    kari_herself.asks()
    assert client.post(kari_herself.confirm_link()).status_code == 200
    again = client.post(kari_herself.confirm_link())
    assert again.status_code == 200 and "allerede bekreftet" in again.text


def test_an_unconfirmed_request_is_forgotten_after_seven_days(app, kari_herself):
    from app.consent import jobs

    kari_herself.asks()
    link = kari_herself.confirm_link()
    with later(days=7, minutes=1):
        assert kari_herself.client.post(link).status_code == 410
        with app.app_context():
            jobs.expire()
        kari_herself.worker()
        everything = str(database(app))
    assert kari_herself.address not in everything and "Kari Nordmann" not in everything
    assert person(app, kari_herself.address)["consents"]["newsletter"] == "none"


def test_what_a_subscriber_did_not_confirm_is_no_reason_to_forget_her(app, kari_herself):
    from app.consent import jobs

    kari_herself.subscribes()
    with later(hours=1):
        kari_herself.asks({"consent_offers": "1"})
    with later(days=8), app.app_context():
        jobs.expire()
    kari_herself.worker()
    assert (consent(app, kari_herself.address), consent(app, kari_herself.address, "offers")) == (
        "confirmed",
        "expired",
    )
    assert len(person(app, kari_herself.address)["submissions"]) == 2


def test_the_nightly_tidying_ends_no_link_that_can_still_be_used(app, kari_herself, ola_himself):
    from app.consent import jobs
    from app.consent.models import Confirmation, PreferenceLink

    kari_herself.subscribes()
    with later(days=31):
        ola_himself.asks()
        ola_himself.client.post("/meld-deg-av", data={"address": ola_himself.address})
        ola_himself.worker()
        with app.app_context():
            jobs.tidy()
            assert [row.used_at for row in db.session.query(Confirmation)] == [None]
            assert db.session.query(PreferenceLink).count() == 1
        assert ola_himself.confirms().status_code == 200
    with later(days=62), app.app_context():
        jobs.tidy()
        assert db.session.query(Confirmation).count() == db.session.query(PreferenceLink).count() == 0


def test_a_message_is_kept_though_the_consent_in_it_was_never_confirmed(app, kari_herself):
    from app.consent import jobs

    kari_herself.asks(form="kontakt", message="Når åpner dere?")
    with later(days=8), app.app_context():
        jobs.expire()
    kari_herself.worker()
    assert len(person(app, kari_herself.address)["submissions"]) == 1
    assert history(app, kari_herself.address) == ["requested", "expired"]


def test_a_request_that_is_confirmed_while_it_is_being_forgotten_stands(app, kari_herself):
    from app.consent import service
    from app.consent.models import Confirmation, ConsentEvidence

    kari_herself.subscribes()
    before = database(app)
    with app.app_context():
        service.expire(db.session.query(Confirmation).one())
        db.session.commit()
        assert db.session.query(ConsentEvidence).count() == 2
    assert database(app) == before


def test_whoever_complained_is_not_asked_again(app, kari_herself):
    from app.contacts import suppression

    with app.app_context():
        suppression.suppress(kari_herself.address, suppression.ALL, "complained")
        db.session.commit()
    assert kari_herself.asks().status_code == 303
    assert kari_herself.letters() == [] and history(app, kari_herself.address) == []


def test_whoever_is_forgotten_at_that_very_moment_is_asked_nothing(app, kari_herself):
    from app.consent import service
    from app.consent.models import ConsentEvent
    from app.contacts.service import find, forget
    from app.sites.service import home

    kari_herself.asks({}, form="kontakt", message="Hei")
    with app.app_context():
        contact = find(kari_herself.address)
        db.session.expunge(contact)
        forget(find(kari_herself.address))
        db.session.commit()
        assert service.ask(contact, {"newsletter": ""}, site=home(), lang="nb", facts={}) is None
        assert db.session.query(ConsentEvent).count() == 0


def test_a_second_form_within_ten_minutes_asks_for_nothing_that_a_letter_asks_already(app, kari_herself):
    kari_herself.asks(BOTH)
    kari_herself.asks(NEWSLETTER)
    assert history(app, kari_herself.address) == ["requested", "requested"]
    assert kari_herself.confirms().status_code == 200
    assert consent(app, kari_herself.address, "offers") == "confirmed"


def test_a_second_form_within_ten_minutes_may_ask_for_more(app, kari_herself):
    kari_herself.asks(NEWSLETTER)
    kari_herself.asks(BOTH)
    assert history(app, kari_herself.address) == ["requested"] * 3
    with later(minutes=11):
        kari_herself.worker()
        kari_herself.confirms()
    assert consent(app, kari_herself.address, "offers") == consent(app, kari_herself.address) == "confirmed"


def test_the_same_person_spelt_three_ways_is_one_person(app, client, worker, demo):
    for spelling in ("Ola@BLÅBÆRSYLTETØY.no", "ola@xn--blbrsyltety-y8ao3x.no", " ola@blåbærsyltetøy.no "):
        client.post("/f/kontakt", data={"email": spelling, "name": "Ola", "message": spelling})
    worker()
    assert len(person(app, "ola@blåbærsyltetøy.no")["submissions"]) == 3


def test_plus_tags_are_other_people(app, client, worker, demo):
    client.post("/f/kontakt", data={"email": "kari+a@example.no", "name": "Kari", "message": "x"})
    worker()
    assert person(app, "kari@example.no")["submissions"] == []


def test_consent_is_dated_by_our_clock_whatever_the_form_says(app, kari_herself):
    from app.consent import ledger
    from app.contacts.service import find

    kari_herself.asks(consent_time="1999-01-01T00:00:00Z", _consent_version="999", _consent_text="alt")
    with app.app_context():
        event = ledger.events(find(kari_herself.address).subject)[0]
    assert now() - event.at < timedelta(minutes=1)
    assert event.text_version == 1 and len(event.text_hash) == 64


def test_a_form_left_open_for_a_day_is_accepted_and_marked(app, client, kari_herself):
    token = client.get("/f/nyhetsbrev/token").get_json()["token"]
    with later(days=2):
        kari_herself.asks(_t=token)
        from app.consent import ledger
        from app.contacts.service import find

        with app.app_context():
            assert ledger.events(find(kari_herself.address).subject)[0].render == "late"


def test_confirm_and_withdraw_at_once_end_in_withdrawal_when_it_came_last(app, kari_herself):
    kari_herself.asks()
    link = kari_herself.unsubscribe_link()
    kari_herself.confirms()
    kari_herself.client.post(link)
    assert consent(app, kari_herself.address) == "withdrawn"
    assert history(app, kari_herself.address) == ["requested", "confirmed", "withdrawn"]


def test_events_of_one_person_never_share_a_moment(app, kari_herself):
    from app.consent import ledger
    from app.contacts.service import find

    with time_machine.travel(now(), tick=False):
        kari_herself.subscribes(BOTH)
        kari_herself.leaves()
    with app.app_context():
        moments = [event.at for event in ledger.events(find(kari_herself.address).subject)]
    assert len(moments) == len(set(moments)) == 6


def test_every_kind_of_letter_to_kari_is_in_her_language_both_as_text_and_html(kari_herself):
    kari_herself.asks(_lang="en")
    letter = kari_herself.letters()[0]
    assert 'lang="en"' in html(letter) and "asked" in text(letter)


def test_staff_who_send_the_form_for_her_change_nothing_before_she_confirms(app, kari_herself):
    kari_herself.asks(NEWSLETTER)
    assert consent(app, kari_herself.address) == "asked"


def test_ola_is_left_alone_byte_for_byte(app, kari_herself, ola_himself):
    ola_himself.subscribes(BOTH)
    with app.app_context():
        from app.contacts.service import find

        subject = find(ola_himself.address).subject
    before = [row for rows in database(app).values() for row in rows if subject in row or ola_himself.address in row]
    letters = [letter.as_bytes() for letter in ola_himself.letters()]
    kari_herself.subscribes()
    kari_herself.leaves()
    after = [row for rows in database(app).values() for row in rows if subject in row or ola_himself.address in row]
    assert after == before and [letter.as_bytes() for letter in ola_himself.letters()] == letters


def test_the_receipt_in_her_letter_can_be_checked_by_anyone(app, client, kari_herself):
    from app.consent import jobs

    kari_herself.subscribes()
    link = path(kari_herself.mailbox.link("/receipt/", to=kari_herself.address))
    assert client.get(link, headers={"Accept": "application/json"}).get_json()["unaltered"] is None
    with app.app_context():
        jobs.seal()
    found = client.get(link, headers={"Accept": "application/json"}).get_json()
    assert found["unaltered"] is True and found["state_now"] == "confirmed"
    assert kari_herself.address not in client.get(link).text
    kari_herself.leaves()
    assert client.get(link, headers={"Accept": "application/json"}).get_json()["state_now"] == "withdrawn"


def test_a_receipt_that_nobody_was_given_is_not_found(client, demo):
    for path_ in ("/receipt/nobody", "/receipt/nobody.json"):
        assert client.get(path_).status_code == 404


def test_a_receipt_tells_what_was_agreed_to_and_what_came_of_that_and_of_nothing_else(app, client, kari_herself):
    from app.consent import jobs, ledger
    from app.contacts.service import find

    kari_herself.subscribes(BOTH)
    kari_herself.leaves()
    with app.app_context():
        jobs.seal()
        events = ledger.events(find(kari_herself.address).subject)
    (yes,) = (event for event in events if (event.purpose, event.type) == ("newsletter", "confirmed"))
    (no,) = (event for event in events if (event.purpose, event.type) == ("newsletter", "withdrawn"))
    page = client.get(f"/receipt/{yes.id}")
    assert page.mimetype == "text/html" and "nyhetsbrevet sitt på e-post" in page.text
    assert re.findall("/receipt/([0-9a-f-]{36})", page.text) == [no.id]
    assert yes.mac in page.text and "Ed25519" in page.text and "Uendret." in page.text
    assert client.get(f"/receipt/{yes.id}.json").get_json()["event"] == yes.id
