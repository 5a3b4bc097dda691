"""Every letter of a request, in both languages: to whom it goes, what it must say, and when it is no longer wanted."""

from __future__ import annotations

import pytest

from app import letters
from app.extensions import db
from app.privacy import opening
from app.privacy.models import PrivacyRequest, PrivacyTask
from app.sites.models import Site
from tests.support.mailbox import html, text

pytestmark = pytest.mark.one_database  # what a letter says comes from a template
TO_HER = ("opened", "done", "denied", "extension", "restricted", "lifted")
TO_STAFF = ("due", "manual")
STAFF = "post@fjordlys.example"


@pytest.fixture
def write(app, demo, worker, mailbox, kari):
    """write(kind, lang, dropped): the letters that left after such a letter about Kari's request was asked for."""

    def send(kind, lang="nb", dropped=False):
        with app.app_context():
            site = db.session.scalars(db.select(Site)).first()
            known = {"origin": "replay", "actor": "cli", "identified_by": "by telephone"}
            request = opening.open_identified("erasure", kari, site=site, lang=lang, **known)
            request.denial, request.extension = "legal_claims", "Because of the many systems."
            request.tasks.append(PrivacyTask(phase=4, holder="google_groups", act="erase", state="manual", found=1))
            if dropped:
                request.sealed = b""
            letters.write(f"privacy_{kind}", contact=None, site=site, lang=lang, refs={"request": request.id})
            db.session.execute(db.text("DELETE FROM outbox WHERE kind LIKE 'privacy.%'"))
            db.session.commit()
        worker()
        return list(mailbox)

    return send


@pytest.mark.parametrize("lang", ["nb", "en"])
@pytest.mark.parametrize("kind", TO_HER)
def test_each_answer_goes_to_her_and_says_how_to_complain(write, kind, lang, kari):
    (letter,) = write(kind, lang)
    assert kari in str(letter["To"])
    assert str(letter["Reply-To"]) == STAFF
    for body in (text(letter), html(letter)):
        assert "datatilsynet.no" in body
        assert f"/{'personvern' if lang == 'nb' else 'privacy'}?site=fjordlys" in body


@pytest.mark.parametrize("lang", ["nb", "en"])
@pytest.mark.parametrize("kind", TO_STAFF)
def test_what_staff_get_names_nobody_and_leads_to_the_request(write, kind, lang, kari, app):
    (letter,) = write(kind, lang)
    with app.app_context():
        number = db.session.scalars(db.select(PrivacyRequest.id)).one()
    assert STAFF in str(letter["To"])
    assert f"/admin/requests/{number}" in text(letter)
    assert kari not in letter.as_string()


@pytest.mark.parametrize("kind", TO_STAFF)
def test_staff_read_of_it_in_the_words_of_their_own_pages(write, kind):
    said = text(write(kind, "nb")[0])
    assert "Sletting" in said and "Åpne kravet" in said
    assert "om meg" not in said and "Forespørsel" not in said


@pytest.mark.parametrize("kind", TO_HER)
def test_nothing_is_written_once_her_address_has_been_dropped(write, kind):
    assert write(kind, dropped=True) == []


def test_a_refusal_says_why(write):
    assert "17 (3) (e)" in text(write("denied", "en")[0])


def test_an_extension_says_why_and_until_when(write):
    said = text(write("extension", "en")[0])
    assert "Because of the many systems." in said
