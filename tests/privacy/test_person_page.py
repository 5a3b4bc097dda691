"""A person's own page: what it shows, and what each of its buttons does. Ola is left alone by all of them."""

from __future__ import annotations

import re

import pytest
import time_machine

from app.clock import now
from app.contacts.service import find
from app.extensions import db
from app.privacy import identity
from app.privacy.models import PrivacyLink, PrivacyRequest
from tests.flows.steps import BOTH, Person, consent, database, path, person

VERBS = ("access", "portability", "rectification", "restriction", "objection", "withdrawal", "erasure", "lift")


@pytest.fixture
def kari_herself(client, worker, mailbox, demo, kari):
    return Person(client, worker, mailbox, kari).subscribes(BOTH)


@pytest.fixture
def ola_himself(client, worker, mailbox, demo, ola):
    return Person(client, worker, mailbox, ola).subscribes(BOTH)


@pytest.fixture
def page_of(client, worker, mailbox, demo):
    """page_of(address, lang): asks for the page, and returns the path of the link that came."""

    def ask(address, lang="en"):
        client.post("/privacy" if lang == "en" else "/personvern", data={"wish": "page", "address": address})
        worker()
        return path(mailbox.link("/privacy/", to=address))

    return ask


def requests(app):
    with app.app_context():
        return list(db.session.scalars(db.select(PrivacyRequest).order_by(PrivacyRequest.id)))


def wishes(app):
    with app.app_context():
        return identity.unseal(requests(app)[-1].wishes)


# What it shows


def test_it_shows_what_we_hold_where_it_came_from_and_who_else_has_it(page_of, kari_herself, client, kari):
    shown = client.get(page_of(kari)).text
    assert "Kari Nordmann" in shown
    assert "From: the form" in shown
    assert "The practice list" in shown
    assert "on the list" in shown.lower()


def test_it_shows_the_words_that_she_saw_and_where_to_check_them(page_of, kari_herself, client, kari):
    shown = client.get(page_of(kari)).text
    assert "Fjordlys Interiør AS kan sende meg" in shown or "Fjordlys Interiør AS may send me" in shown
    assert len(re.findall(r'href="/receipt/[0-9a-f-]{36}"', shown)) == 2


def test_it_shows_nothing_of_anybody_else(page_of, kari_herself, ola_himself, client, kari, ola):
    ola_himself.asks(form="kontakt", name="Ola Hansen", message="A secret of mine")
    shown = client.get(page_of(kari)).text
    assert ola not in shown
    assert "A secret of mine" not in shown


def test_of_a_stranger_it_says_that_nothing_is_held(page_of, client):
    shown = client.get(page_of("nobody@example.no")).text
    assert "there is nothing about this address" in shown
    assert "/rectification" not in shown


def test_it_speaks_the_language_it_was_asked_for_in(page_of, kari_herself, client, kari):
    assert '<html lang="nb">' in client.get(page_of(kari, "nb")).text


def test_it_says_how_to_complain_and_sets_no_cookie(page_of, kari_herself, client, kari):
    answer = client.get(page_of(kari))
    assert "datatilsynet.no" in answer.text
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert "<script" not in answer.text


def test_looking_changes_nothing_and_does_not_use_the_link_up(page_of, kari_herself, client, app, kari):
    link = page_of(kari)
    before = database(app)
    for verb in ("", *(f"/{verb}" for verb in VERBS)):
        assert client.get(link + verb).status_code == (200 if not verb else 405)
        client.head(link + verb)
    assert database(app) == before
    assert client.get(link).status_code == 200


def test_it_closes_after_half_an_hour(page_of, kari_herself, client, kari):
    link = page_of(kari)
    with time_machine.travel(now().timestamp() + 31 * 60):
        assert client.get(link).status_code == 410
        assert client.post(link + "/erasure").status_code == 410


def test_the_link_of_a_request_opens_it_for_half_an_hour_after_the_button(client, worker, mailbox, demo, kari):
    client.post("/privacy", data={"wish": "access", "address": kari})
    worker()
    link = path(mailbox.link("/privacy/", to=kari))
    client.post(link)
    assert client.get(link).status_code == 200
    with time_machine.travel(now().timestamp() + 31 * 60):
        assert client.get(link).status_code == 410


def test_before_the_button_a_link_of_a_request_opens_no_page(client, worker, mailbox, demo, kari, app):
    client.post("/privacy", data={"wish": "access", "address": kari})
    worker()
    link = path(mailbox.link("/privacy/", to=kari))
    assert client.post(link + "/erasure").status_code == 410
    assert [row.kind for row in requests(app)] == ["access"]


def test_wrong_words_count_against_the_link_and_end_it(page_of, kari_herself, client, app, kari):
    link = page_of(kari)
    for _ in range(3):
        assert client.post(link[:-4] + "AAAA/erasure").status_code == 410
    with app.app_context():
        assert max(db.session.scalars(db.select(PrivacyLink.tries))) == 3
    assert client.get(link).status_code == 410


# What its buttons do


@pytest.mark.parametrize("verb", ["access", "portability", "restriction", "objection", "erasure"])
def test_a_button_opens_a_request_and_says_so(page_of, kari_herself, client, app, kari, verb):
    answer = client.post(page_of(kari) + f"/{verb}")
    assert answer.status_code == 303
    (row,) = requests(app)
    assert (row.kind, row.state, row.origin, row.identified_by) == (verb, "received", "page", "link")
    assert 'role="status"' in client.get(answer.location).text


def test_asking_twice_is_asking_once(page_of, kari_herself, client, app, kari):
    link = page_of(kari)
    client.post(link + "/access")
    again = client.post(link + "/access")
    assert "already" in client.get(again.location).text
    assert [row.state for row in requests(app)] == ["received", "duplicate"]


def test_no_more_marketing_counts_at_once(page_of, kari_herself, ola_himself, client, app, worker, kari, ola):
    client.post(page_of(kari) + "/objection")
    assert consent(app, kari) == consent(app, kari, "offers") == "withdrawn"
    worker()
    assert person(app, kari)["processors"]["sandbox"]["state"] == "unsubscribed"
    assert consent(app, ola) == "confirmed"


def test_one_consent_is_withdrawn_and_the_other_stands(page_of, kari_herself, client, app, kari):
    answer = client.post(page_of(kari) + "/withdrawal", data={"purpose": "newsletter"})
    assert (consent(app, kari), consent(app, kari, "offers")) == ("withdrawn", "confirmed")
    assert "withdrawn" in client.get(answer.location).text
    assert requests(app) == []


def test_a_purpose_that_she_never_dealt_with_is_not_withdrawn(page_of, kari_herself, client, app, kari):
    client.post(page_of(kari) + "/withdrawal", data={"purpose": "no-such-thing"})
    assert consent(app, kari) == "confirmed"


def test_only_what_she_changed_is_asked_to_be_corrected(page_of, kari_herself, client, app, kari):
    client.post(page_of(kari) + "/rectification", data={"name": "Kari  Hansen ", "phone": "", "company": ""})
    assert wishes(app) == {"changes": {"name": "Kari Hansen"}}


@pytest.mark.parametrize("lang", ["nb", "en"])
def test_her_address_does_not_look_as_if_it_could_be_emptied(page_of, kari_herself, client, kari, lang):
    form = client.get(page_of(kari, lang)).text.partition("/rectification")[2].partition("</form>")[0]
    labels = [re.sub(r"<[^>]+>", "", label) for label in re.findall(r"<label[^>]*>(.*?)</label>", form)]
    assert len(labels) > 2 and not any("(" in label for label in labels)
    (address,) = re.findall(r'<input type="email"[^>]*>', form)
    (name,) = re.findall(r'<input[^>]*name="name"[^>]*>', form)
    assert " required" in address and " required" not in name and form


def test_a_correction_reaches_our_register_and_the_list(page_of, kari_herself, client, app, worker, kari):
    client.post(page_of(kari) + "/rectification", data={"name": "Kari Hansen"})
    worker()
    assert person(app, kari)["fields"]["name"] == "Kari Hansen"
    assert requests(app)[-1].state == "completed"


@pytest.mark.parametrize(
    ("typed", "said"),
    [("Kari Nordmann", "Nothing is changed"), ("K" * 201, "longer"), ("Kari 01010750160", "identity number")],
)
def test_what_cannot_be_corrected_is_said(page_of, kari_herself, client, app, kari, typed, said):
    answer = client.post(page_of(kari) + "/rectification", data={"name": typed})
    assert answer.status_code == 422
    assert said in answer.text
    assert requests(app) == []


def test_a_restriction_holds_until_she_lifts_it_and_she_is_told_first(
    page_of, kari_herself, client, app, worker, mailbox, kari
):
    link = page_of(kari)
    client.post(link + "/restriction", data={"ground": "inaccurate"})
    worker()
    assert restricted(app, kari)
    assert "we keep what we hold about you" in client.get(link).text
    mailbox.clear()
    client.post(link + "/lift")
    worker()
    assert [letter["Subject"] for letter in mailbox.to(kari)] == ["We are about to use what we hold about you again"]
    with time_machine.travel(now().timestamp() + 120):
        worker()
        assert not restricted(app, kari)
        assert "used again" in client.get(link).text


def restricted(app, address):
    with app.app_context():
        return find(address).restricted_at is not None


def test_where_nothing_is_restricted_there_is_nothing_to_lift(page_of, kari_herself, client, app, kari):
    assert client.post(page_of(kari) + "/lift").status_code == 303
    assert requests(app) == []


def test_the_ground_and_the_copy_go_along(page_of, kari_herself, client, app, kari):
    client.post(page_of(kari) + "/erasure", data={"ground": "objected", "copy_first": "yes"})
    assert wishes(app) == {"copy_first": True}
    assert requests(app)[-1].ground == "objected"


def test_after_the_erasure_it_says_that_only_a_fingerprint_is_left(page_of, kari_herself, client, app, worker, kari):
    link = page_of(kari)
    client.post(link + "/erasure")
    worker()
    done = app.test_cli_runner().invoke(args=["requests", "approve", str(requests(app)[-1].id)])
    assert done.exit_code == 0, done.output
    worker()
    shown = client.get(link).text
    assert "there is nothing about this address" in shown
    assert "fingerprint" in shown
    assert "Deleted. We have looked again, and nothing is left." in shown
    assert "Kari Nordmann" not in shown
    with app.app_context():
        assert find(kari) is None


def test_a_verb_that_there_is_not_is_a_page_that_there_is_not(page_of, client, kari):
    assert client.post(page_of(kari) + "/steal").status_code == 404
