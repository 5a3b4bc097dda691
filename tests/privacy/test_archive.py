"""The archive: everything from everybody, readable, encrypted, fetched by a button, counted, and let go."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import text

from app import processors
from app.clock import now
from app.extensions import db
from app.privacy import archive, identity, links, service
from app.privacy.archive import jobs, parts
from app.privacy.archive.told import told
from app.privacy.models import PrivacyArchive, PrivacyPart, PrivacyRecord, PrivacyRequest
from app.processors.base import Retry
from app.sites.models import Site
from tests.privacy.papers import ADDRESS, NAME, done, opened

pytestmark = pytest.mark.usefixtures("demo")

OWN = {
    "contact": {"address": ADDRESS, "language": "nb", "known_since": "2026-03-29T01:30:00.000Z"},
    "values": [{"field": "name", "label": "Navn", "value": NAME, "source": "skjemaet", "at": "2026-11-01T08:00:00Z"}],
    "processing": [
        {"entry": "company", "name": "Fjordlys", "said": [{"field": "why", "label": "Formål", "value": "Nyhetsbrev"}]}
    ],
    "consents": [
        {
            "purpose": "newsletter",
            "label": "Nyhetsbrev",
            "state": "bekreftet",
            "history": [{"what": "bekreftet", "text": "Ja takk"}],
        }
    ],
    "submissions": [
        {
            "id": "1",
            "form": "Kontakt",
            "fields": {"message": "=2+3", "phone": "+47 900 00 000"},
            "answers": [{"label": "Melding", "value": "Hei\n<b>der</b>"}],
        }
    ],
    "letters": [{"kind": "confirm", "label": "Brev", "sent": "2026-11-01T08:00:00Z"}],
}
GMAIL = {
    "copies": [{"subject": "Kopi", "text": "Hei"}],
    "correspondence": [
        {"id": "post@x/1", "date": "2026-10-01T08:00:00+00:00", "party": True, "subject": "Tilbud"},
        {"id": "post@x/2", "date": "2026-10-02T08:00:00+00:00", "party": False},
    ],
}
STRIPE = {"customers": [{"id": "cus_1", "object": "customer", "created": 1767225600, "email": ADDRESS}]}


def collected(request, **given):
    """Export tasks at holders, with what they gave."""
    for holder, exported in given.items():
        archive.collect(done(request, holder, "export", phase=2), exported)
    return request


def files(content):
    with zipfile.ZipFile(io.BytesIO(content)) as opened_file:
        assert opened_file.testzip() is None
        return {name: opened_file.read(name) for name in opened_file.namelist()}


def built(request):
    from app.privacy.archive.building import unpack

    return files(unpack(archive.build(request)))


def test_an_archive_has_a_page_a_paper_and_json_from_everybody(app):
    name = "your-data"
    with app.app_context():
        found = built(collected(opened("access", "en"), own=OWN, stripe=STRIPE))
    assert set(found) == {f"{name}.html", f"{name}.pdf", f"{name}.json"}
    held = json.loads(found[f"{name}.json"])["holders"]
    assert held == {"own": OWN, "stripe": STRIPE}
    page = found[f"{name}.html"].decode()
    for said in (NAME, ADDRESS, "Hei\n&lt;b&gt;der&lt;/b&gt;", "Datatilsynet", "Nyhetsbrev", "1 January 2026"):
        assert said in page
    assert "<b>der" not in page and "<script" not in page and "http-equiv" in page
    assert found[f"{name}.pdf"].startswith(b"%PDF-")


def test_the_paper_is_tagged_and_speaks_the_persons_language(app):
    with app.app_context():
        found = built(collected(opened("access", "nb"), own=OWN))
    paper = next(content for name, content in found.items() if name.endswith(".pdf"))
    assert b"/Lang(nb-NO)" in paper and b"pdfuaid:part" in paper and b"/StructTreeRoot" in paper


def test_letters_of_every_alphabet_and_endless_words_do_not_break_the_paper(app):
    strange = {
        "values": [{"label": "漢字", "value": "😀 ﷺ \u202e " + "x" * 4000}],
        "contact": {"a\\b#let": "$#evil()$*_`"},
    }
    with app.app_context():
        found = built(collected(opened("access", "en"), own=strange))
    assert found["your-data.pdf"].startswith(b"%PDF-")


def test_nothing_in_the_database_can_be_read(app):
    with app.app_context():
        request = collected(opened("access"), own=OWN, stripe=STRIPE)
        archive.build(request)
        db.session.commit()
        for table, column in (("privacy_part", "sealed"), ("privacy_archive", "sealed"), ("privacy_record", "facts")):
            for (held,) in db.session.execute(text(f"SELECT {column} FROM {table}")):
                raw = held if isinstance(held, bytes) else str(held).encode()
                assert ADDRESS.encode() not in raw and b"PK" not in raw[:4]


def test_what_was_collected_twice_counts_once(app):
    with app.app_context():
        request = opened("access", "en")
        task = done(request, "stripe", "export", phase=2)
        archive.collect(task, {"customers": [{"id": "old"}]})
        archive.collect(task, STRIPE)
        assert json.loads(built(request)["your-data.json"])["holders"] == {"stripe": STRIPE}


def test_moments_and_amounts_of_a_vendor_become_text(app):
    from datetime import date
    from decimal import Decimal

    with app.app_context():
        request = collected(
            opened("access", "en"), wordpress={"orders": [{"total": Decimal("9.50"), "day": date(2026, 1, 2)}]}
        )
        held = json.loads(built(request)["your-data.json"])["holders"]["wordpress"]
    assert held == {"orders": [{"total": "9.50", "day": "2026-01-02"}]}


# Correspondence


class Box:
    """A mailbox with one letter left in it."""

    def __init__(self):
        self.asked = []

    def message(self, id):
        self.asked.append(id)
        return b"Subject: Tilbud\r\n\r\nHei Kari" if id.endswith("/1") else b""


@pytest.fixture
def box(app, monkeypatch):
    found = Box()
    with app.app_context():
        monkeypatch.setitem(processors.active(), "gmail", found)
    return found


def test_letters_with_others_in_them_are_left_out_until_a_human_has_chosen(app):
    with app.app_context():
        request = collected(opened("access", "en"), gmail=GMAIL)
        assert [message.id for message in archive.review(request)] == ["post@x/1", "post@x/2"]
        found = built(request)
    assert set(found) == {"your-data.html", "your-data.pdf", "your-data.json"}
    held = json.loads(found["your-data.json"])["holders"]["gmail"]
    assert held["correspondence"] == [] and held["left_out"].startswith("2 messages that")
    assert "Tilbud" not in found["your-data.html"].decode()


def test_a_chosen_letter_is_fetched_and_comes_along_and_the_others_do_not(app, box, worker):
    with app.app_context():
        request = collected(opened("access", "en"), gmail=GMAIL)
        assert archive.choose(request, ["post@x/1", "never listed"]) == 1
        with pytest.raises(Retry):
            archive.build(request)
        db.session.commit()
        id = request.id
    worker()
    with app.app_context():
        request = db.session.get(PrivacyRequest, id)
        assert [message.chosen for message in archive.review(request)] == [True, False]
        found = built(request)
    assert box.asked == ["post@x/1"]
    assert found["letters/gmail-1.eml"] == b"Subject: Tilbud\r\n\r\nHei Kari"
    held = json.loads(found["your-data.json"])["holders"]["gmail"]
    assert [row["file"] for row in held["correspondence"]] == ["letters/gmail-1.eml"]
    assert held["left_out"].startswith("1 message that")


def test_staff_may_change_their_mind_and_a_letter_that_is_gone_holds_up_nothing(app, box, worker):
    with app.app_context():
        request = collected(opened("access", "en"), gmail=GMAIL)
        archive.choose(request, ["post@x/1"])
        db.session.commit()
        archive.choose(request, ["post@x/2"])
        db.session.commit()
        id = request.id
    worker()
    with app.app_context():
        found = built(db.session.get(PrivacyRequest, id))
    assert box.asked == ["post@x/2"]
    assert not [name for name in found if name.endswith(".eml")]


# Portability


def test_portability_is_json_and_tables_of_what_she_gave(app):
    with app.app_context():
        found = built(collected(opened("portability", "en"), own=OWN, gmail=GMAIL, stripe=STRIPE))
    held = json.loads(found["your-data.json"])["holders"]
    assert set(held["own"]) == {"contact", "values", "consents", "submissions"}
    assert held["gmail"] == {} and held["stripe"] == STRIPE
    rows = list(csv.DictReader(io.StringIO(found["csv/own-submissions.csv"].decode("utf-8-sig"))))
    assert rows[0]["fields.message"] == "'=2+3", "a spreadsheet must not run it"
    assert rows[0]["fields.phone"] == "+47 900 00 000"
    assert "csv/stripe-customers.csv" in found and "your-data.pdf" not in found


# The link


def ready(app, lang="en"):
    with app.app_context():
        request = collected(opened("access", lang), own=OWN)
        archive.build(request)
        site = db.session.get(Site, request.site_id)
        link = links.open(links.ARCHIVE, identity.reveal(request.sealed), request=request, site=site, lang=lang)
        db.session.commit()
        return f"/privacy/archive/{links.word(link.id)}"


def test_looking_fetches_nothing_and_the_button_fetches_and_counts(app, client):
    url = ready(app)
    page = client.get(url)
    assert page.status_code == 200 and page.headers["Cache-Control"] == "no-store"
    client.head(url)
    with app.app_context():
        assert db.session.query(PrivacyArchive).one().downloads == 0
    for _ in range(2):
        answer = client.post(url)
        assert answer.mimetype == "application/zip"
        assert 'filename="your-data.zip"' in answer.headers["Content-Disposition"]
        assert "your-data.json" in files(answer.data)
    with app.app_context():
        assert db.session.query(PrivacyArchive).one().downloads == 2
        counted = [row.facts.get("downloads") for row in db.session.query(PrivacyRecord)]
        assert sorted(count for count in counted if count) == [1, 2]


@pytest.mark.parametrize(("lang", "said"), [("nb", r"\d,\d\u00a0kB"), ("en", r"\d\.\d\u00a0kB")])
def test_its_size_is_written_as_her_language_writes_numbers(app, client, lang, said):
    assert re.search(said, client.get(ready(app, lang)).text)


def test_a_wrong_word_gets_nothing_and_three_end_the_link(app, client):
    url = ready(app)
    wrong = url[:-3] + ("AAA" if not url.endswith("AAA") else "BBB")
    for _ in range(3):
        assert client.post(wrong).status_code == 404
        assert client.get(wrong).status_code == 404
    assert client.post(url).status_code == 404
    assert client.get("/privacy/archive/nonsense").status_code == 404


def test_after_seven_days_it_is_gone_from_the_link_and_from_the_database(app, client):
    url = ready(app)
    with app.app_context():
        row = db.session.query(PrivacyArchive).one()
        assert row.expires_at - row.created_at == timedelta(days=7)
        row.expires_at = now() - timedelta(minutes=1)
        db.session.commit()
    assert client.get(url).status_code == 410
    assert client.post(url).mimetype == "text/html"
    with app.app_context():
        jobs.tidy()
        assert db.session.query(PrivacyArchive).count() == 0


def test_parts_are_let_go_when_the_request_has_ended(app):
    with app.app_context():
        ended, open_still = collected(opened("access"), own=OWN), collected(opened("access"), own=OWN)
        service.move(ended, "cancelled", "cli")
        db.session.commit()
        jobs.tidy()
        assert [part.task_id for part in db.session.query(PrivacyPart)] == [open_still.tasks[0].id]
        parts.drop(open_still)
        assert db.session.query(PrivacyPart).count() == 0


@pytest.mark.parametrize("lang", ["nb", "en"])
def test_a_copy_before_an_erasure_has_a_letter_of_its_own_once(app, client, worker, mailbox, lang):
    with app.app_context():
        request = collected(opened("erasure", lang), own=OWN)
        archive.build(request)
        archive.build(request)
        db.session.commit()
    worker()
    assert len(mailbox.to(ADDRESS)) == 1
    assert client.get(mailbox.link("/privacy/archive/", to=ADDRESS)).status_code == 200


def test_what_the_practice_list_and_the_evidence_hold_is_told_in_her_language(app):
    member = {"status": "subscribed", "signup_at": "1", "opt_in_at": "2", "opt_in_ip": "3", "left_at": "4"}
    proof = {"submission": "5", "unsubscribe_url": "6", "list": "csv", "list_id": "7", "row": 8, "level": "B"}
    proof |= {"source": "mailchimp"}
    with app.app_context(), app.test_request_context("/?lang=nb"):
        (shown,) = told({**member, **proof, "vouched_by": "Siri"}, 3)
    assert {row["label"]: row["text"] for row in shown["rows"]} == {
        "Status": "på listen",
        "Påmeldt": "1",
        "Samtykket": "2",
        "Nettverksadresse ved samtykket": "3",
        "Avmeldt": "4",
        "Innsending": "5",
        "Lenke for å melde seg av": "6",
        "Liste": "En fil",
        "Linje": "8",
        "Kilde": "Mailchimp",
        "Gått god for av": "Siri",
    }


def test_a_sale_and_a_subscription_of_a_vendors_stand_in_words_too(app):
    with app.app_context(), app.test_request_context("/?lang=nb"):
        (shown,) = told({"status": "past_due"}, 3)
    assert shown["rows"] == [{"label": "Status", "text": "betalingen er forsinket"}]


def test_the_paper_says_when_it_was_asked_for(app):
    with app.app_context():
        found = built(collected(opened("access", "nb"), own=OWN))
    assert "Bedt om den" in next(content for name, content in found.items() if name.endswith(".html")).decode()


def test_what_a_vendor_calls_things_is_made_readable(app):
    with app.app_context(), app.test_request_context("/?lang=en"):
        nodes = list(
            told(
                {
                    "merge_fields": {"FNAME": "Kari"},
                    "opt_in": True,
                    "odd-key": [],
                    "rows": [{"number": "7", "x": 1, "y": 2}],
                },
                3,
            )
        )
    assert nodes == [
        {"is": "facts", "rows": [{"label": "Opt in", "text": "Yes"}]},
        {"is": "heading", "text": "Fields", "level": 3},
        {"is": "facts", "rows": [{"label": "FNAME", "text": "Kari"}]},
        {"is": "heading", "text": "Rows", "level": 3},
        {"is": "heading", "text": "7", "level": 4},
        {"is": "facts", "rows": [{"label": "X", "text": "1"}, {"label": "Y", "text": "2"}]},
    ]
