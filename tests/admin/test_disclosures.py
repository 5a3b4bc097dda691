"""The police demand Kari's name: they get her name, it is written down, and she is told."""

from __future__ import annotations

import json

import pytest

from app import contacts
from app.crypto import sha256_hex
from app.extensions import db
from app.privacy.models import Disclosure
from tests.admin.conftest import met, sent

SAID = {"authority": "Oslo politidistrikt", "demand": "straffeprosessloven § 210, sak 12/26"}


@pytest.fixture
def person(app, demo, kari, ola):
    """The page of the form about Kari."""
    with app.app_context():
        contact = met(kari, name="Kari Nordmann", phone="+4799887766")
        met(ola, name="Ola Nordmann")
        db.session.commit()
        return f"/admin/contacts/{contact.id}/disclose"


def hands_out(desk, person, fields=("value:name",), **more):
    desk.get(person)
    return desk.client.post(person, data={"csrf_token": desk.token, "field": list(fields), **SAID, **more})


def rows(app):
    with app.app_context():
        found = db.session.query(Disclosure).all()
        db.session.expunge_all()
        return found


def test_only_the_chosen_fields_are_in_the_file(desk, person, kari, ola):
    given = json.loads(hands_out(desk, person).data)
    assert given["values"] == {"name": "Kari Nordmann"} and given["authority"] == SAID["authority"]
    assert set(given) == {"authority", "demand", "at", "values"} and ola not in str(given)


def test_it_is_written_down_with_the_fingerprint_of_the_file(app, desk, person, kari):
    answer = hands_out(desk, person)
    (row,) = rows(app)
    assert row.digest == sha256_hex(answer.data) and row.fields == ["value:name"] and row.actor.startswith("staff:")
    assert kari in desk.get("/admin/disclosures").text


def test_she_is_told_who_got_what(desk, person, worker, mailbox, kari):
    hands_out(desk, person)
    worker()
    letter = mailbox.to(kari)[-1].get_body(("plain",)).get_content()
    assert SAID["authority"] in letter and "Datatilsynet" in letter


def test_a_ban_on_telling_is_kept_until_it_ends(app, desk, person, worker, mailbox, kari):
    hands_out(desk, person, secret="straffeprosessloven § 210 tredje ledd")
    worker()
    assert mailbox.to(kari) == []
    desk.get("/admin/disclosures")
    for _twice in range(2):
        assert desk.post(f"/admin/disclosures/{rows(app)[0].id}/tell").status_code == 303
    worker()
    assert len(mailbox.to(kari)) == 1


@pytest.mark.parametrize("missing", [{"authority": " "}, {"demand": ""}, {"fields": ()}, {"fields": ("everything",)}])
def test_nothing_is_handed_out_without_a_name_a_law_and_a_choice(app, desk, person, missing):
    missing = dict(missing)  # the next database is asked the same
    fields = missing.pop("fields", ("value:name",))
    assert hands_out(desk, person, fields, **missing).status_code == 422
    assert rows(app) == []


def test_all_that_is_wrong_is_said_at_once_and_what_was_typed_stays(app, desk, person):
    desk.get(person)
    long = "Oslo politidistrikt " * 20
    page = desk.post(person, {"authority": long, "demand": " ", "secret": "Forbudt " * 50})
    assert page.status_code == 422 and long.strip() in page.text and rows(app) == []
    assert [f'id="e-{name}"' in page.text for name in ("authority", "demand", "secret", "fields")] == [True] * 4


@pytest.mark.parametrize(
    ("lang", "said"),
    [("nb", ["Navn", "Skjemaer personen har sendt"]), ("en", ["Name", "Forms the person has sent"])],
)
def test_staff_read_about_the_person_in_their_own_language(app, desk, person, kari, lang, said):
    with app.app_context():
        contacts.find(kari).lang = "en" if lang == "nb" else "nb"
        sent(kari)
        db.session.commit()
    form = desk.get(f"{person}?lang={lang}").text
    assert all(f"<span>{label}</span></label>" in form for label in said)
    hands_out(desk, person, ("value:name", "submissions"))
    assert ", ".join(said) in desk.get(f"/admin/disclosures?lang={lang}").text


def test_she_herself_is_told_of_what_she_sent(desk, app, person, worker, mailbox, kari):
    with app.app_context():
        sent(kari)
        db.session.commit()
    hands_out(desk, person, ("submissions",))
    worker()
    assert "Skjemaer du har sendt" in mailbox.to(kari)[-1].get_body(("plain",)).get_content()


def test_a_stranger_sees_nothing(stranger, person):
    for path in (person, "/admin/disclosures"):
        assert "/admin/login" in stranger.get(path).headers["Location"]
