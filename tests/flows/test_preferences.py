"""The page of choices: opened by a fresh link only, and for one change."""

import re
from datetime import timedelta

import time_machine

from app.clock import now
from app.consent import ledger, texts
from app.consent.models import PreferenceLink, Purpose
from app.contacts.service import find
from app.extensions import db
from tests.flows.steps import BOTH, consent, database, history, path, person


def fresh_link(kari):
    kari.client.post("/meld-deg-av", data={"address": kari.address})
    kari.worker()
    return path(kari.mailbox.link("/preferences/", to=kari.address))


def last_event(app, kari):
    with app.app_context():
        return ledger.events(find(kari.address).subject)[-1]


def test_she_keeps_one_and_drops_the_other(app, kari_herself):
    kari_herself.subscribes(BOTH)
    link = fresh_link(kari_herself)
    assert kari_herself.client.get(link).status_code == 200
    answer = kari_herself.client.post(link, data={"offers": "1"})
    assert answer.status_code == 200
    assert (consent(app, kari_herself.address), consent(app, kari_herself.address, "offers")) == (
        "withdrawn",
        "confirmed",
    )


def test_the_page_shows_the_words_of_every_choice_and_ticks_what_she_says_yes_to(kari_herself):
    kari_herself.subscribes()
    link = fresh_link(kari_herself)
    page = kari_herself.client.get(link).text
    for words in ("nyhetsbrevet sitt på e-post", "tilbud på lamper", "annen informasjon på e-post"):
        assert words in page
    assert re.findall(r'<input type="checkbox" value="yes" checked [^>]*name="(\w+)"', page) == ["newsletter"]
    saved = kari_herself.client.post(link, data={"newsletter": "1"}).text
    assert "Saved" in saved or "Lagret" in saved
    assert "<form" not in saved


def test_a_tick_behind_a_fresh_link_is_consent(app, kari_herself):
    kari_herself.subscribes()
    kari_herself.client.post(fresh_link(kari_herself), data={"newsletter": "1", "information": "1"})
    assert consent(app, kari_herself.address, "information") == "confirmed"
    assert history(app, kari_herself.address) == ["requested", "confirmed", "confirmed"]


def test_what_she_agrees_to_is_the_wording_that_was_gone_back_to(app, kari_herself):
    kari_herself.subscribes()
    with app.app_context():
        first = texts.current("information", "nb")
        texts.publish("information", "nb", "Ja takk til alt.")
        texts.publish("information", "nb", first.text)
        said, name = first.text, first.hash
        db.session.commit()
    link = fresh_link(kari_herself)
    page = kari_herself.client.get(link).text
    assert said in page and "Ja takk til alt." not in page
    kari_herself.client.post(link, data={"newsletter": "1", "information": "1"})
    assert last_event(app, kari_herself).text_hash == name


def in_english_only(app, purpose):
    with app.app_context():
        row = db.session.get_one(Purpose, purpose)
        row.names, row.texts = {"en": row.names["en"]}, {"en": row.texts["en"]}
        db.session.commit()


def test_what_has_no_words_in_her_language_is_neither_offered_nor_taken(app, kari_herself):
    kari_herself.subscribes()
    in_english_only(app, "information")
    link = fresh_link(kari_herself)
    assert 'name="information"' not in kari_herself.client.get(link).text
    answer = kari_herself.client.post(link, data={"newsletter": "1", "information": "1", "offers": "1"})
    assert "Other information" not in answer.text
    assert history(app, kari_herself.address) == ["requested", "confirmed", "confirmed"]
    assert last_event(app, kari_herself).purpose == "offers"


def test_what_she_has_said_yes_to_can_be_taken_back_in_the_language_there_is(app, kari_herself):
    kari_herself.subscribes(BOTH)
    in_english_only(app, "offers")
    link = fresh_link(kari_herself)
    page = kari_herself.client.get(link).text
    assert "<strong>Offers</strong>" in page and '<span lang="en">Yes please, Fjordlys' in page
    assert "Offers" in kari_herself.client.post(link, data={"newsletter": "1"}).text
    assert consent(app, kari_herself.address, "offers") == "withdrawn"


def test_where_nothing_can_be_read_nothing_is_offered(app, kari_herself):
    kari_herself.subscribes()
    kari_herself.leaves()
    for purpose in ("newsletter", "offers", "information"):
        in_english_only(app, purpose)
    page = kari_herself.client.get(fresh_link(kari_herself)).text
    assert "<fieldset>" not in page and 'value="all"' in page


def test_keeping_what_has_no_words_in_her_language_changes_nothing(app, kari_herself):
    kari_herself.subscribes(BOTH)
    in_english_only(app, "offers")
    kari_herself.client.post(fresh_link(kari_herself), data={"newsletter": "1", "offers": "1"})
    assert consent(app, kari_herself.address, "offers") == "confirmed"


def test_a_tick_brings_back_whoever_left_with_the_words_she_saw_and_a_receipt(app, kari_herself):
    from app.consent import ledger, texts
    from app.contacts.service import find

    kari_herself.subscribes()
    kari_herself.leaves()
    page = kari_herself.client.post(fresh_link(kari_herself), data={"newsletter": "1"})
    kari_herself.worker()
    found = person(app, kari_herself.address)
    assert found["consents"]["newsletter"] == "confirmed" and not found["suppressed"]
    assert found["processors"]["sandbox"]["state"] == "subscribed"
    with app.app_context():
        event = ledger.events(find(kari_herself.address).subject)[-1]
        assert event.text_hash == texts.current("newsletter", "nb").hash
    assert f"/receipt/{event.id}" in page.text


def test_of_two_presses_at_once_the_second_changes_nothing(app, kari_herself):
    from app.consent import service

    kari_herself.subscribes()
    fresh_link(kari_herself)
    with app.app_context():
        link = db.session.query(PreferenceLink).one()
        assert len(service.choose(link, ["newsletter", "offers"], {})) == 1
        assert service.choose(link, [], {}) == []
        db.session.commit()
    assert consent(app, kari_herself.address) == "confirmed"


def test_a_choice_of_somebody_who_is_forgotten_at_that_very_moment_is_none(app, kari_herself):
    from app.consent import service
    from app.contacts.service import find, forget

    kari_herself.subscribes()
    fresh_link(kari_herself)
    with app.app_context():
        link = db.session.query(PreferenceLink).one()
        db.session.expunge(link)
        forget(find(kari_herself.address))
        db.session.commit()
        assert service.choose(link, ["offers"], {}) == []


def test_everything_can_be_withdrawn_at_once(app, kari_herself):
    kari_herself.subscribes(BOTH)
    kari_herself.client.post(fresh_link(kari_herself), data={"withdraw": "all"})
    assert consent(app, kari_herself.address) == consent(app, kari_herself.address, "offers") == "withdrawn"


def test_the_link_lives_for_thirty_minutes(app, kari_herself):
    kari_herself.subscribes()
    link = fresh_link(kari_herself)
    with time_machine.travel(now() + timedelta(minutes=31)):
        assert kari_herself.client.get(link).status_code == 410
        assert kari_herself.client.post(link, data={"withdraw": "all"}).status_code == 410
    assert consent(app, kari_herself.address) == "confirmed"


def test_the_link_serves_for_one_change(app, kari_herself):
    kari_herself.subscribes()
    link = fresh_link(kari_herself)
    kari_herself.client.post(link, data={"newsletter": "1"})
    assert kari_herself.client.post(link, data={"withdraw": "all"}).status_code == 410
    assert consent(app, kari_herself.address) == "confirmed"


def test_a_newer_link_ends_the_older_one(kari_herself):
    kari_herself.subscribes()
    old = fresh_link(kari_herself)
    with time_machine.travel(now() + timedelta(minutes=11)):
        assert fresh_link(kari_herself) != old
        assert kari_herself.client.get(old).status_code == 410


def test_two_who_ask_at_once_each_open_their_own_choices(app, kari_herself, ola_himself):
    people = (kari_herself.subscribes(), ola_himself.subscribes(BOTH))
    for link in [fresh_link(one) for one in people]:
        assert kari_herself.client.post(link, data={"offers": "1"}).status_code == 200
    for one in people:
        assert (consent(app, one.address), consent(app, one.address, "offers")) == ("withdrawn", "confirmed")


def test_a_link_that_somebody_wrote_into_the_database_opens_nothing(app, kari_herself):
    from app import tokens

    kari_herself.subscribes()
    fresh_link(kari_herself)
    with app.app_context():
        db.session.query(PreferenceLink).update({"digest": tokens.digest("a-word-of-my-own")})
        db.session.commit()
    assert kari_herself.client.get("/preferences/a-word-of-my-own").status_code == 410


def test_looking_at_the_choices_changes_nothing_and_uses_nothing_up(app, kari_herself):
    kari_herself.subscribes()
    link = fresh_link(kari_herself)
    before = database(app)
    for _ in range(3):
        kari_herself.client.get(link)
        kari_herself.client.head(link)
    assert database(app) == before


def test_links_to_the_choices_are_mailed_once_in_ten_minutes(kari_herself):
    kari_herself.subscribes()
    count = len(kari_herself.letters())
    for _ in range(5):
        kari_herself.client.post("/meld-deg-av", data={"address": kari_herself.address})
        kari_herself.worker()
    assert len(kari_herself.letters()) == count + 1


def test_the_page_of_choices_never_shows_the_address(kari_herself):
    kari_herself.subscribes()
    assert kari_herself.address not in kari_herself.client.get(fresh_link(kari_herself)).text


def test_what_is_no_address_is_told_beside_the_field(client, demo):
    answer = client.post("/meld-deg-av", data={"address": "kari"})
    assert answer.status_code == 422 and "kari" in answer.text


def test_each_address_of_the_page_speaks_its_language(client, demo):
    assert '<html lang="nb"' in client.get("/meld-deg-av", headers={"Accept-Language": "en"}).text
    assert '<html lang="en"' in client.get("/unsubscribe", headers={"Accept-Language": "nb"}).text
    sent = {"data": {"address": "stranger@example.no"}}
    assert '<html lang="nb"' in client.post("/meld-deg-av", headers={"Accept-Language": "en"}, **sent).text
    assert '<html lang="en"' in client.post("/unsubscribe", headers={"Accept-Language": "nb"}, **sent).text
