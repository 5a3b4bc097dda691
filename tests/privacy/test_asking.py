"""Asking at the public page: the same answer for everybody, and nothing decided before the mailbox is proven."""

from __future__ import annotations

import pytest

from app.extensions import db
from app.privacy.models import PrivacyRequest
from tests.flows.steps import Person, database, path
from tests.support.mailbox import html, links, text

ANYBODY = ("kari@example.no", "ola@example.no", "nobody@example.no")


@pytest.fixture
def ask(client, worker, demo):
    """ask(wish, address): what the page answers, after the worker has been."""

    def send(wish="erasure", address="kari@example.no", at="/personvern", **more):
        answer = client.post(at, data={"wish": wish, "address": address, **more})
        worker()
        return answer

    return send


@pytest.fixture
def kari_herself(client, worker, mailbox, demo, kari):
    return Person(client, worker, mailbox, kari).subscribes()


def states(app):
    with app.app_context():
        return [(row.kind, row.state) for row in db.session.scalars(db.select(PrivacyRequest).order_by("id"))]


@pytest.mark.parametrize(("address", "lang"), [("/privacy", "en"), ("/personvern", "nb"), ("/privacy?lang=nb", "nb")])
def test_the_page_speaks_the_language_of_its_address(client, demo, address, lang):
    assert f'<html lang="{lang}">' in client.get(address).text


def test_the_page_names_every_right_and_datatilsynet(client, demo):
    shown = client.get("/privacy").text
    for wish in ("page", "access", "rectification", "erasure", "restriction", "objection", "portability"):
        assert f'value="{wish}"' in shown
    assert "datatilsynet.no" in shown


def test_nothing_is_ticked_beforehand(client, demo):
    assert " checked" not in client.get("/privacy").text


def test_whoever_is_known_unknown_or_to_be_left_alone_gets_the_same_answer_and_letter(ask, kari_herself, mailbox):
    kari_herself.leaves()
    mailbox.clear()
    answers = [ask(address=address).text.replace(address, "…") for address in ANYBODY]
    assert len(set(answers)) == 1
    assert [mailbox.to(address)[0]["Subject"] for address in ANYBODY] == [mailbox[0]["Subject"]] * 3
    assert [len(mailbox.to(address)) for address in ANYBODY] == [1, 1, 1]


def test_the_letter_says_nothing_of_what_we_hold_and_how_to_complain(ask, kari_herself, mailbox, kari):
    mailbox.clear()
    ask(at="/privacy")
    (letter,) = mailbox.to(kari)
    for body in (text(letter), html(letter)):
        assert "Nordmann" not in body
        assert "datatilsynet.no" in body
        assert "/privacy?site=fjordlys" in body
    assert str(letter["Reply-To"]) == "post@fjordlys.example"


def test_the_link_is_the_same_in_text_and_html(ask, mailbox, kari):
    ask()
    (letter,) = mailbox.to(kari)
    (link,) = links(letter, "/privacy/")
    assert link in html(letter)


def test_opening_the_link_proves_nothing(ask, client, mailbox, app, kari):
    ask()
    link = path(mailbox.link("/privacy/", to=kari))
    before = database(app)
    assert client.get(link).status_code == client.head(link).status_code == 200
    assert database(app) == before
    assert states(app) == [("erasure", "identity_pending")]


def test_the_button_proves_it_and_opens_her_page(ask, client, mailbox, app, kari):
    ask("objection")
    link = path(mailbox.link("/privacy/", to=kari))
    answer = client.post(link)
    assert answer.status_code == 303
    assert states(app) == [("objection", "received")]
    page = client.get(answer.location)
    assert page.status_code == 200
    assert kari in page.text


def test_the_ground_and_the_wish_for_a_copy_go_along(ask, client, mailbox, app, kari):
    from app.privacy import identity

    ask("erasure")
    client.post(path(mailbox.link("/privacy/", to=kari)), data={"ground": "withdrawn", "copy_first": "yes"})
    with app.app_context():
        row = db.session.scalars(db.select(PrivacyRequest)).one()
        assert row.ground == "withdrawn"
        assert identity.unseal(row.wishes) == {"copy_first": True}


def test_a_ground_that_the_law_does_not_know_counts_as_none(ask, client, mailbox, app, kari):
    ask("erasure")
    assert client.post(path(mailbox.link("/privacy/", to=kari)), data={"ground": "whim"}).status_code == 303
    with app.app_context():
        assert db.session.scalars(db.select(PrivacyRequest)).one().ground == ""


def test_forged_cut_and_used_links_open_nothing(ask, client, mailbox, app, kari):
    ask("access")
    link = path(mailbox.link("/privacy/", to=kari))
    for bad in ("/privacy/forged", "/privacy/a.b", link[:-1], link + "x", "/privacy/" + "ø" * 90):
        assert client.get(bad).status_code == 410, bad
    assert states(app) == [("access", "identity_pending")]


def test_three_wrong_words_end_a_link(ask, client, mailbox, app, kari):
    ask("access")
    link = path(mailbox.link("/privacy/", to=kari))
    for _ in range(3):
        assert client.post(link[:-4] + "AAAA").status_code == 410
    assert client.post(link).status_code == 410
    assert states(app) == [("access", "identity_pending")]


@pytest.mark.parametrize("wish", ["page", "rectification"])
def test_what_is_wrong_is_shown_to_her_alone(ask, client, mailbox, app, kari, wish, kari_herself):
    ask(wish)
    assert states(app) == []
    shown = client.get(path(mailbox.link("/privacy/", to=kari)))
    assert "Kari Nordmann" in shown.text


@pytest.mark.parametrize(
    "data", [{"wish": "erasure"}, {"address": "kari@example.no"}, {"wish": "x", "address": "kari@example.no"}, {}]
)
def test_what_is_missing_is_said_next_to_its_field(client, demo, worker, mailbox, data):
    answer = client.post("/privacy", data=data)
    worker()
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert len(mailbox) == 0


def test_a_machine_that_fills_every_field_gets_the_same_answer_and_no_letter(ask, mailbox, app):
    assert ask(_gotcha="x").text == ask().text
    assert len(mailbox) == 1


def test_a_flood_of_letters_to_one_address_ends_and_the_answer_stays_the_same(ask, mailbox, kari):
    answers = {ask("access").text for _ in range(5)}
    assert len(answers) == 1
    assert len(mailbox.to(kari)) == 2


def test_every_ground_state_and_refusal_has_words():
    from app.privacy import denial, models, words
    from app.privacy.grounds import GROUNDS

    assert {kind: set(named) for kind, named in words.GROUNDS.items()} == {
        kind: set(GROUNDS[kind]) for kind in ("erasure", "restriction")
    }
    assert set(words.STATES) == set(models.STATES)
    assert set(words.KINDS) >= set(models.KINDS)
    assert set(words.DENIALS) == set(denial.REASONS)
