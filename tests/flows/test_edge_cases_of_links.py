"""Links in letters: looking changes nothing, and a link can only take away."""

import re

import pytest
import time_machine

from app.clock import now
from tests.flows.steps import BOTH, consent, database, history, path, person
from tests.support.mailbox import links, one_click, text

CALM = ("audit_entry",)


def test_head_on_any_link_writes_nothing(app, client, kari_herself):
    kari_herself.subscribes()
    before = database(app)
    for link in kari_herself.all_links():
        client.head(link)
        client.options(link)
    assert database(app) == before


def test_get_on_the_unsubscribe_link_shows_a_page_and_withdraws_nothing(app, client, kari_herself):
    kari_herself.subscribes()
    before = database(app)
    answer = client.get(kari_herself.unsubscribe_link())
    assert answer.status_code == 200 and b"<form" in answer.data
    assert database(app) == before


def test_no_page_behind_a_link_carries_a_script(client, kari_herself):
    kari_herself.subscribes()
    for link in kari_herself.all_links():
        answer = client.get(link)
        assert b"<script" not in answer.data and b"http-equiv" not in answer.data
        assert "script-src" not in answer.headers["Content-Security-Policy"]


def test_however_old_the_link_is_looking_never_acts(app, client, kari_herself):
    kari_herself.asks()
    link = kari_herself.confirm_link()
    for hours in (0, 1, 100, 24 * 8):
        with time_machine.travel(now().timestamp() + hours * 3600, tick=False):
            client.get(link)
    assert history(app, kari_herself.address) == ["requested"]


def test_a_scanner_that_opens_the_link_first_uses_nothing_up(app, client, kari_herself):
    kari_herself.asks()
    for _ in range(5):
        client.get(kari_herself.confirm_link(), headers={"User-Agent": "Scanner"})
    assert kari_herself.confirms().status_code == 200
    assert consent(app, kari_herself.address) == "confirmed"


def test_an_old_confirm_link_does_not_revive_a_withdrawn_consent(app, client, kari_herself):
    kari_herself.asks()
    kari_herself.leaves()
    answer = client.post(kari_herself.confirm_link())
    assert answer.status_code == 410
    assert consent(app, kari_herself.address) == "withdrawn"
    assert person(app, kari_herself.address)["suppressed"]


def test_a_used_confirm_link_does_not_revive_a_withdrawn_consent(app, client, kari_herself):
    kari_herself.subscribes()
    kari_herself.leaves()
    client.post(kari_herself.confirm_link())
    assert consent(app, kari_herself.address) == "withdrawn"


def test_a_used_confirm_link_does_not_say_that_all_is_well_once_she_has_left(client, kari_herself):
    kari_herself.subscribes()
    link = kari_herself.confirm_link()
    kari_herself.leaves()
    assert client.get(link).status_code == client.post(link).status_code == 410


def test_a_used_confirm_link_speaks_of_nothing_but_what_it_asked(app, client, kari_herself):
    kari_herself.subscribes()
    link = kari_herself.confirm_link()
    with time_machine.travel(now().timestamp() + 3600):
        kari_herself.subscribes({"consent_offers": "1"})
        client.post(link_of_one_purpose(app, kari_herself, "newsletter"))
        assert consent(app, kari_herself.address, "offers") == "confirmed"
        assert client.get(link).status_code == 410


def test_a_confirm_link_that_no_longer_counts_has_no_button(client, kari_herself):
    kari_herself.asks()
    link = kari_herself.confirm_link()
    assert b"<form" in client.get(link).data
    kari_herself.leaves()
    page = client.get(link)
    assert page.status_code == 410 and b"<form" not in page.data


def test_whoever_has_just_confirmed_finds_the_way_out_on_the_same_page(app, client, kari_herself):
    kari_herself.asks()
    page = kari_herself.confirms().text
    (way_out,) = re.findall(r'href="http://localhost(/u/[^"]+)"', page)
    assert client.post(way_out).status_code == 200
    assert consent(app, kari_herself.address) == "withdrawn"


def test_a_link_that_nobody_gave_out_is_told_so_kindly(client, demo):
    for answer in (client.get("/confirm/nobody"), client.post("/confirm/nobody")):
        assert answer.status_code == 404 and b"<form" not in answer.data


def test_the_goodbye_page_offers_no_link_that_brings_you_back(client, kari_herself):
    kari_herself.subscribes()
    answer = client.post(kari_herself.unsubscribe_link(), data={"by": "page"})
    assert answer.status_code == 200
    assert b"/confirm/" not in answer.data and b"/preferences/" not in answer.data


def test_a_parameter_in_the_address_confirms_nothing(app, client, kari_herself):
    kari_herself.asks()
    client.get(kari_herself.confirm_link() + "?confirm=true&confirmed=1&_method=POST")
    assert consent(app, kari_herself.address) == "asked"


def test_the_one_click_header_of_every_letter_does_what_it_says(app, client, kari_herself):
    kari_herself.asks(BOTH)
    first = kari_herself.letters()[0]
    assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert client.post(path(one_click(first)), data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert consent(app, kari_herself.address, "offers") == "withdrawn"
    assert consent(app, kari_herself.address) == "withdrawn"


def test_every_letter_to_a_person_carries_both_headers(kari_herself):
    kari_herself.subscribes()
    kari_herself.leaves()
    kinds = kari_herself.letters()
    assert len(kinds) >= 3
    for letter in kinds:
        assert letter["List-Unsubscribe"].startswith("<http") and letter["List-Unsubscribe"].endswith(">")
        assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_forwarded_letter_shows_nothing_about_kari_and_gives_nothing(app, client, kari_herself):
    kari_herself.subscribes()
    for link in [one_click(letter) for letter in kari_herself.letters()] + kari_herself.all_links():
        page = client.get(path(link))
        assert kari_herself.address.encode() not in page.data
        assert b"Nordmann" not in page.data
    client.post(kari_herself.unsubscribe_link() + "/choose")
    kari_herself.worker()
    assert consent(app, kari_herself.address) == "confirmed"


def link_of_one_purpose(app, somebody, purpose):
    from app.consent.links import unsubscribe_url
    from app.contacts.service import find

    with app.app_context():
        return path(unsubscribe_url(find(somebody.address), purpose))


def test_the_link_of_one_purpose_leaves_the_other_alone(app, client, kari_herself):
    kari_herself.subscribes(BOTH)
    client.post(link_of_one_purpose(app, kari_herself, "offers"))
    assert consent(app, kari_herself.address, "offers") == "withdrawn"
    assert consent(app, kari_herself.address) == "confirmed"


def test_a_withdrawal_link_of_ten_years_ago_still_works(app, client, kari_herself):
    kari_herself.subscribes()
    link = kari_herself.unsubscribe_link()
    with time_machine.travel(now().timestamp() + 10 * 365 * 86400):
        assert client.post(link).status_code == 200
    assert consent(app, kari_herself.address) == "withdrawn"


def test_the_page_names_what_she_would_leave_and_then_what_she_has_left(app, client, kari_herself):
    kari_herself.subscribes(BOTH)
    link = link_of_one_purpose(app, kari_herself, "offers")
    for page in (client.get(link), client.post(link, data={"by": "page"})):
        assert "Tilbud" in page.text and "Nyhetsbrev" not in page.text
    assert "/receipt/" in page.text


def test_whoever_has_left_is_told_so_and_asked_nothing_more(client, kari_herself):
    kari_herself.subscribes()
    link = kari_herself.unsubscribe_link()
    kari_herself.leaves()
    page = client.get(link)
    assert page.status_code == 200 and b"<form" not in page.data


@pytest.mark.parametrize(
    ("sent", "method"),
    [({"by": "page"}, "page_button"), ({"List-Unsubscribe": "One-Click"}, "one_click"), ({}, "post_no_body")],
)
def test_the_ledger_says_how_she_left_which_yes_she_took_back_and_its_words(app, client, kari_herself, sent, method):
    from app.consent import ledger
    from app.contacts.service import find

    kari_herself.subscribes()
    client.post(kari_herself.unsubscribe_link(), data=sent)
    with app.app_context():
        _asked, yes, no = ledger.events(find(kari_herself.address).subject)
        assert (no.type, no.method, no.responds_to) == ("withdrawn", method, yes.id)
        assert no.text_hash == yes.text_hash != ""


def test_withdrawing_again_and_again_is_kind_and_writes_one_event(app, client, kari_herself):
    kari_herself.subscribes()
    link = kari_herself.unsubscribe_link()
    answers = [client.post(link, data={"List-Unsubscribe": "One-Click"}) for _ in range(4)]
    assert {answer.status_code for answer in answers} == {200}
    assert history(app, kari_herself.address).count("withdrawn") == 1


def test_who_never_ticked_a_box_can_say_no_to_everything_and_it_is_kept(app, client, kari_herself):
    kari_herself.asks({}, form="kontakt", message="Hei")
    client.post("/meld-deg-av", data={"address": kari_herself.address})
    kari_herself.worker()
    link = kari_herself.unsubscribe_link()
    assert "<button" in client.get(link).text
    assert client.post(link, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert set(history(app, kari_herself.address)) == {"withdrawn"}
    again = client.get(link).text
    assert "Du er allerede meldt av" in again


def test_withdrawal_works_after_every_letter_row_is_gone(app, client, kari_herself):
    from app.extensions import db
    from app.letters.models import Letter

    kari_herself.subscribes()
    link = kari_herself.unsubscribe_link()
    with app.app_context():
        db.session.query(Letter).delete()
        db.session.commit()
    assert client.post(link).status_code == 200
    assert consent(app, kari_herself.address) == "withdrawn"


def test_a_withdrawal_after_erasure_is_still_a_kind_200(app, client, kari_herself):
    from app.contacts.service import find, forget
    from app.extensions import db

    kari_herself.subscribes()
    link = kari_herself.unsubscribe_link()
    with app.app_context():
        forget(find(kari_herself.address))
        db.session.commit()
    assert client.get(link).status_code == 200
    assert client.post(link, data={"List-Unsubscribe": "One-Click"}).status_code == 200


def test_a_forged_link_is_never_a_200_without_effect(client, kari_herself):
    kari_herself.subscribes()
    link = kari_herself.unsubscribe_link()
    forged = link[:-4] + ("AAAA" if not link.endswith("AAAA") else "BBBB")
    for answer in (client.get(forged), client.post(forged, data={"List-Unsubscribe": "One-Click"})):
        assert answer.status_code == 404
        assert b"/meld-deg-av" in answer.data


def test_one_click_without_a_body_in_any_encoding_withdraws(app, client, kari_herself):
    bodies = [
        {},
        {"data": b"", "content_type": "text/plain"},
        {"data": {"List-Unsubscribe": "One-Click"}, "content_type": "multipart/form-data"},
        {"data": b"\xff\xfe{{{", "content_type": "application/json"},
        {"data": b"--x\r\nbroken", "content_type": "multipart/form-data; boundary=x"},
    ]
    for number, body in enumerate(bodies):
        kari_herself.asks(name=f"Kari {number}")
        assert kari_herself.confirms().status_code == 200
        answer = client.post(kari_herself.unsubscribe_link(), **body)
        assert answer.status_code == 200, body
        assert consent(app, kari_herself.address) == "withdrawn", body
        with app.app_context():
            from app.consent.models import Confirmation, ConfirmLetter
            from app.extensions import db

            for counted in (Confirmation, ConfirmLetter):  # so that she may ask again at once
                db.session.query(counted).delete()
            db.session.commit()


def test_one_click_sets_no_cookie_and_redirects_nowhere(client, kari_herself):
    kari_herself.subscribes()
    answer = client.post(kari_herself.unsubscribe_link(), data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200 and "Set-Cookie" not in answer.headers and "Location" not in answer.headers
    assert answer.mimetype == "text/plain"


def test_a_thousand_one_clicks_from_one_address_are_all_let_in(app, client, kari_herself):
    kari_herself.subscribes()
    link = kari_herself.unsubscribe_link()
    answers = {client.post(link, environ_base={"REMOTE_ADDR": "66.249.1.1"}).status_code for _ in range(300)}
    assert answers == {200}


def test_pages_behind_links_are_not_stored_and_not_indexed_and_keep_the_origin(client, kari_herself):
    kari_herself.subscribes()
    headers = client.get(kari_herself.unsubscribe_link()).headers
    assert headers["Cache-Control"] == "no-store"
    assert "noindex" in headers["X-Robots-Tag"]
    assert headers["Referrer-Policy"] == "strict-origin"


def test_a_page_speaks_the_language_of_its_letter_whoever_opens_it(client, kari_herself):
    kari_herself.asks(_lang="en")
    page = client.get(kari_herself.confirm_link(), headers={"Accept-Language": "nb"})
    assert b'<html lang="en"' in page.data
    assert "Please confirm" in kari_herself.letters()[0]["Subject"]


@pytest.mark.parametrize(
    ("method", "mailed"),
    [("one_click", 1), ("post_no_body", 1), ("staff", 1), ("page_button", 0), ("preference_page", 0), ("webhook", 0)],
)
def test_whoever_left_without_a_page_of_ours_gets_her_receipt_by_mail(app, kari_herself, method, mailed):
    from app.consent import service
    from app.contacts.service import find
    from app.extensions import db

    kari_herself.subscribes()
    before = len(kari_herself.letters())
    with app.app_context():
        service.withdraw(find(kari_herself.address), actor="subject", method=method)
        db.session.commit()
    kari_herself.worker()
    assert len(kari_herself.letters()) == before + mailed
    assert consent(app, kari_herself.address) == "withdrawn"


def test_from_the_page_she_may_have_her_choices_mailed_to_herself_instead(client, kari_herself):
    kari_herself.subscribes()
    link = kari_herself.unsubscribe_link()
    assert f'action="{link}/choose"' in client.get(link).text
    assert client.post(f"{link}/choose").status_code == 200
    kari_herself.worker()
    assert client.get(path(kari_herself.mailbox.link("/preferences/", to=kari_herself.address))).status_code == 200


def test_nobody_can_unsubscribe_somebody_by_typing_an_address(app, client, worker, kari_herself):
    kari_herself.subscribes()
    answer = client.post("/meld-deg-av", data={"address": kari_herself.address})
    worker()
    assert answer.status_code == 200
    assert consent(app, kari_herself.address) == "confirmed"
    assert any("/preferences/" in link for link in links(kari_herself.letters()[-1]))


def test_the_answer_to_a_lost_letter_is_the_same_for_strangers(client, kari_herself):
    kari_herself.subscribes()
    known = client.post("/meld-deg-av", data={"address": kari_herself.address})
    unknown = client.post("/meld-deg-av", data={"address": "stranger@example.no"})
    assert (known.status_code, known.data) == (unknown.status_code, unknown.data)


def test_the_confirm_letter_carries_no_word_the_visitor_typed(kari_herself):
    kari_herself.asks(name="Kjøp nå https://spam.example")
    letter = kari_herself.letters()[0]
    assert "spam.example" not in letter.as_string() and "Kjøp" not in text(letter)
