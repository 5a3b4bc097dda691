"""What staff see and do."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app import contacts, outbox
from app.admin import keyset
from app.audit.models import AuditEntry
from app.billing import typed
from app.clock import now
from app.consent import ledger
from app.consent import service as consent
from app.consent.models import ConsentEvidence
from app.extensions import db
from app.outbox.models import OutboxRow
from app.submissions.models import Submission
from app.sync.models import ProcessorState
from tests.admin.conftest import met, sent

pytestmark = pytest.mark.usefixtures("demo")


@pytest.fixture(autouse=True)
def small_pages(monkeypatch):
    monkeypatch.setattr(keyset.page, "__defaults__", (3,))


def did(app):
    """What is on record: act, and the address of the person it was about."""
    with app.app_context():
        rows = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        return [row.action for row in rows if not row.action.startswith(("signed", "created"))]


def about(app, action):
    with app.app_context():
        return db.session.scalars(select(AuditEntry).where(AuditEntry.action == action)).one()


def subscribed(address):
    """Somebody who said yes to the newsletter."""
    person = met(address, name="Kari Nordmann")
    ledger.append(person, "newsletter", "confirmed", actor="subject", method="preference_page")
    return person


# Lists, page by page


def letters_of(answer):
    """The people on a page, in order; a link may name them once more to whoever listens."""
    seen = re.sub(r'<span class="unseen">.*?</span>', "", answer.text)
    return re.findall(r"\bp(\d)@example\.no", seen)


def followed(desk, answer, word):
    link = re.search(rf'href="([^"]+)" rel="{word}"', answer.text)
    return desk.get(link[1].replace("&amp;", "&")) if link else None


@pytest.mark.parametrize(
    "url",
    [
        "/admin/contacts",
        "/admin/submissions",
        "/admin/submissions?form=kontakt",
        "/admin/submissions?form=kontakt&box=accepted",
        "/admin/submissions?box=accepted",
    ],
)
def test_lists_go_from_new_to_old_and_back_again(app, desk, url):
    with app.app_context():
        for number in range(1, 9):
            met(f"p{number}@example.no")
            sent(f"p{number}@example.no")
        db.session.commit()
    first = desk.get(url)
    assert letters_of(first) == ["8", "7", "6"]
    assert followed(desk, first, "prev") is None
    second = followed(desk, first, "next")
    assert letters_of(second) == ["5", "4", "3"]
    last = followed(desk, second, "next")
    assert letters_of(last) == ["2", "1"]
    assert followed(desk, last, "next") is None
    assert letters_of(followed(desk, last, "prev")) == ["5", "4", "3"]
    assert letters_of(followed(desk, followed(desk, last, "prev"), "prev")) == ["8", "7", "6"]


@pytest.mark.parametrize(
    "place",
    [
        "before=x",
        "after=x",
        "before=-1",
        "after=99999999999999999999",
        "before=0",
        "before=9223372036854775807&after=3",
    ],
)
def test_a_page_that_cannot_be_is_no_error(desk, place):
    pages = [f"/admin/{name}?{place}" for name in ("contacts", "submissions", "outbox", "review", "audit")]
    assert {page: desk.get(page).status_code for page in pages} == dict.fromkeys(pages, 200)


def test_a_form_and_a_box_narrow_the_list(app, desk):
    with app.app_context():
        sent("p1@example.no", "kontakt")
        sent("p2@example.no", "nyhetsbrev")
        sent("p3@example.no", "kontakt", "spam")
        db.session.commit()
    assert letters_of(desk.get("/admin/submissions")) == ["3", "2", "1"]
    assert letters_of(desk.get("/admin/submissions?form=kontakt")) == ["3", "1"]
    assert letters_of(desk.get("/admin/submissions?box=spam")) == ["3"]
    assert letters_of(desk.get("/admin/submissions?form=nyhetsbrev&box=accepted")) == ["2"]
    assert letters_of(desk.get("/admin/submissions?form=ukjent&box=ukjent")) == ["3", "2", "1"]
    assert desk.get("/admin/submissions?box=needs_review").location == "/admin/review"


# Search


def indexed(app):
    """Two contacts and three submissions, as the worker leaves them in the search."""
    with app.app_context():
        for number, form, box in ((1, "kontakt", "accepted"), (2, "nyhetsbrev", "accepted"), (3, "kontakt", "spam")):
            person = met(f"p{number}@example.no", company="Lampekompaniet")
            row = sent(f"p{number}@example.no", form, box, message="en lampe")
            outbox.enqueue("search.contact", person.id)
            outbox.enqueue("search.submission", row.id)
        db.session.commit()
        outbox.drain()


def test_searching_finds_people_and_submissions(app, desk):
    indexed(app)
    assert letters_of(desk.searches("/admin/contacts", "2@exam")) == ["2"]
    assert letters_of(desk.searches("/admin/contacts", "KOMPANI")) == ["3", "2", "1"]
    assert letters_of(desk.searches("/admin/submissions", "lampe")) == ["3", "2", "1"]
    assert letters_of(desk.searches("/admin/submissions", "lampe", form="kontakt")) == ["3", "1"]
    assert letters_of(desk.searches("/admin/submissions", "lampe", form="kontakt", box="accepted")) == ["1"]
    assert letters_of(desk.searches("/admin/submissions", "noe annet")) == []


def test_a_whole_address_finds_one_person_however_it_is_written(app, desk):
    with app.app_context():
        met("p1@example.no")
        met("xp1@example.no")
        db.session.commit()
    text = desk.searches("/admin/contacts", " P1@Example.NO ").text
    assert '">p1@example.no</a>' in text
    assert "xp1@example.no" not in text


def test_search_results_have_pages_too(app, desk, monkeypatch):
    indexed(app)
    monkeypatch.setattr(keyset.page, "__defaults__", (2,))
    first = desk.searches("/admin/submissions", "lampe")
    assert letters_of(first) == ["3", "2"]
    second = followed(desk, first, "next")
    assert letters_of(second) == ["1"]
    assert letters_of(followed(desk, second, "prev")) == ["3", "2"]


@pytest.mark.parametrize("url", ["/admin/contacts", "/admin/submissions"])
def test_what_is_searched_for_stands_in_no_address_and_in_no_record(app, desk, url):
    indexed(app)
    desk.get(url)
    answer = desk.post(url, {"q": "p1@example.no"})
    assert answer.status_code == 303
    assert "example" not in answer.location
    page = desk.get(answer.location)
    assert 'value="p1@example.no"' in page.text
    assert not re.search(r'href="[^"]*example', page.text)
    with app.app_context():
        rows = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        assert any(row.action.startswith("searched") for row in rows)
        assert not any("example" in f"{row.object}{row.note}{row.subject}" for row in rows)


def test_a_search_that_we_did_not_seal_is_none(desk):
    assert desk.get("/admin/contacts?s=forged").status_code == 200


def test_an_index_that_is_behind_shows_nothing_that_is_gone(app, desk):
    indexed(app)
    with app.app_context():
        db.session.delete(db.session.query(Submission).filter_by(address="p1@example.no").one())
        db.session.commit()
    assert letters_of(desk.searches("/admin/submissions", "lampe")) == ["3", "2"]


# One submission, one person


def test_two_that_came_in_the_same_minute_can_be_told_apart_by_their_links(app, desk):
    with app.app_context():
        sent("kari@example.no", name="Kari Nordmann")
        sent("ola@example.no")
        db.session.commit()
    links = re.findall(r'<td><a href="/admin/submissions/\d+">(.*?)</a>', desk.get("/admin/submissions").text)
    said = sorted(re.sub(r"<[^>]+>", "", link) for link in links)
    assert len(said) == 2 and said[0].endswith("Kari Nordmann") and said[1].endswith("ola@example.no")


def test_a_submission_shows_answers_under_the_labels_the_visitor_saw(app, desk):
    with app.app_context():
        id = sent("kari@example.no", name="Kari", message="Hei <script>alert(1)</script>", extra="utenfor").id
        db.session.commit()
    text = desk.get(f"/admin/submissions/{id}").text
    assert "Melding" in text
    assert "&lt;script&gt;" in text
    assert "<script" not in text
    assert "utenfor" in text
    assert about(app, "looked_at_submission").object == f"submission:{id}"


def test_not_spam_goes_to_work_and_spam_goes_nowhere(app, desk):
    with app.app_context():
        id = sent("kari@example.no", box="spam").id
        db.session.commit()
    desk.get(f"/admin/submissions/{id}")
    assert desk.post(f"/admin/submissions/{id}/box", {"box": "accepted"}).status_code == 303
    with app.app_context():
        assert db.session.get(Submission, id).box == "accepted"
        assert {row.kind for row in db.session.scalars(select(OutboxRow))} >= {"submission.process"}
    assert did(app).count("moved_submission") == 1
    desk.post(f"/admin/submissions/{id}/box", {"box": "accepted"})
    assert did(app).count("moved_submission") == 1
    assert desk.post(f"/admin/submissions/{id}/box", {"box": "elsewhere"}).status_code == 400


def test_a_persons_page_tells_all_that_happened(app, desk, kari):
    with app.app_context():
        person = subscribed(kari)
        row = sent(kari, message="Har dere lamper?")
        row.contact_id = person.id
        db.session.add(ProcessorState(contact_id=person.id, processor="sandbox", state="subscribed"))
        consent.send_lost_link(person)
        db.session.commit()
        url = f"/admin/contacts/{person.id}"
        subject = person.subject
    text = desk.get(url).text
    for word in (
        "Kari Nordmann",
        kari,
        "Nyhetsbrev",
        "Har dere lamper?",
        "Sandbox",
        "/receipt/",
        "/admin/submissions/",
    ):
        assert word in text
    assert about(app, "looked_at_contact").subject == subject


@pytest.mark.parametrize(
    ("lang", "said"),
    [("nb", "WordPress har ingen liste over abonnenter."), ("en", "WordPress keeps no list of subscribers.")],
)
def test_what_a_processor_says_of_her_is_said_in_the_readers_language(app, desk, kari, lang, said):
    text = "WordPress keeps no list of subscribers. Your account is locked."
    with app.app_context():
        person = subscribed(kari)
        db.session.add(ProcessorState(contact_id=person.id, processor="wordpress", state="manual", text=text))
        db.session.commit()
        url = f"/admin/contacts/{person.id}?lang={lang}"
    page = desk.get(url).text
    assert page.count(said) == 2 and "WordPress: " in page and "Wordpress" not in page
    assert page.count('<span lang="en">Your account is locked.</span>') == 2


def test_the_check_of_a_tax_number_stands_beside_it(app, desk, kari):
    with app.app_context():
        person = subscribed(kari)
        contacts.volunteer(person, {"vat_number": "NO988077918MVA"}, "submission:1", overwrite=True)
        typed.note(person, {"orgnr": "988 077 917"}, "submission:1", overwrite=True)
        db.session.commit()
        url = f"/admin/contacts/{person.id}?lang=en"
    text = desk.get(url).text
    assert text.index("NO988077918MVA") < text.index("not a valid number") < text.index("988 077 917")
    assert text.index("988 077 917") < text.index("a valid number", text.index("988 077 917"))


def test_staff_withdraw_on_behalf_and_say_how_they_were_asked(app, desk, kari, ola):
    with app.app_context():
        id, other = subscribed(kari).id, subscribed(ola).subject
        db.session.commit()
    desk.get(f"/admin/contacts/{id}")
    answer = desk.post(f"/admin/contacts/{id}/withdraw", {"purpose": "all", "note": "Ringte tirsdag"})
    assert answer.location == f"/admin/contacts/{id}"
    with app.app_context():
        person = contacts.find(kari)
        events = ledger.events(person.subject)
        assert [(event.type, event.method) for event in events][-1] == ("withdrawn", "staff")
        assert events[-1].actor.startswith("staff:")
        assert db.session.get(ConsentEvidence, events[-1].id).facts["note"] == "Ringte tirsdag"
        assert [event.type for event in ledger.events(other)] == ["confirmed"]
        subject = person.subject
    entry = about(app, "withdrew_consent")
    assert (entry.subject, entry.note) == (subject, "newsletter")
    assert "Ringte tirsdag" in desk.get(f"/admin/contacts/{id}").text


def test_nothing_is_withdrawn_for_a_purpose_that_nobody_knows(app, desk, kari):
    with app.app_context():
        id = subscribed(kari).id
        db.session.commit()
    desk.get(f"/admin/contacts/{id}")
    answer = desk.post(f"/admin/contacts/{id}/withdraw", {"purpose": "hopp" * 20, "note": "Ringte tirsdag"})
    assert answer.status_code == 400
    with app.app_context():
        assert [event.type for event in ledger.events(contacts.find(kari).subject)] == ["confirmed"]


@pytest.mark.parametrize("note", ["", "   ", "Ringte. " * 80])
def test_without_a_word_on_how_they_were_asked_or_with_too_many_nothing_is_withdrawn(app, desk, kari, note):
    with app.app_context():
        id = subscribed(kari).id
        db.session.commit()
    desk.get(f"/admin/contacts/{id}")
    answer = desk.post(f"/admin/contacts/{id}/withdraw", {"purpose": "all", "note": note})
    assert answer.status_code == 422 and note.strip() in answer.text
    with app.app_context():
        assert set(consent.granted(contacts.find(kari))) == {"newsletter"}
    assert "withdrew_consent" not in did(app)


def test_withdrawing_twice_writes_one_event(app, desk, kari):
    with app.app_context():
        id = subscribed(kari).id
        db.session.commit()
    desk.get(f"/admin/contacts/{id}")
    for _ in range(2):
        desk.post(f"/admin/contacts/{id}/withdraw", {"purpose": "newsletter", "note": "Ringte"})
    with app.app_context():
        assert [event.type for event in ledger.events(contacts.find(kari).subject)] == ["confirmed", "withdrawn"]


@pytest.mark.parametrize(
    "url",
    ["contacts/1", "submissions/1", "review/1", "contacts/9223372036854775807", "contacts/9999999999999999999999"],
)
def test_what_is_not_there_is_not_found(desk, url):
    assert desk.get(f"/admin/{url}").status_code == 404


# The outbox


def test_failed_work_is_named_and_tried_again(app, desk):
    with app.app_context():
        db.session.add(
            OutboxRow(kind="letter.send", lane="letter.send:7", ref="7", failed_at=now(), error="The server said no.")
        )
        db.session.commit()
        id = db.session.scalars(select(OutboxRow.id)).one()
    text = desk.get("/admin/outbox").text
    assert "The server said no." in text
    assert "letter.send:7" not in text
    assert re.search(r'program\w*\..*<br><code[^>]* lang="en">The server said no.</code>', text), (
        "in words, and as noted"
    )
    assert desk.post(f"/admin/outbox/{id}/retry").location == "/admin/outbox"
    with app.app_context():
        open_ = select(OutboxRow).where(OutboxRow.done_at.is_(None), OutboxRow.failed_at.is_(None))
        assert [row.ref for row in db.session.scalars(open_)] == ["7"]
    assert about(app, "tried_again").object == "letter.send:7"
    desk.post(f"/admin/outbox/{id}/retry")
    assert did(app).count("tried_again") == 1


def test_failures_have_pages(app, desk):
    with app.app_context():
        for number in range(1, 6):
            at = now() - timedelta(minutes=number)
            db.session.add(OutboxRow(kind="letter.send", lane=f"l{number}", ref=f"nr{number}", failed_at=at))
        db.session.commit()
    first = desk.get("/admin/outbox")
    assert re.findall(r"<code[^>]*>(nr\d)<", first.text) == ["nr1", "nr2", "nr3"]
    assert re.findall(r"<code[^>]*>(nr\d)<", followed(desk, first, "next").text) == ["nr4", "nr5"]


# What could not be read


def test_an_unread_body_is_shown_masked_and_read_again(app, desk, client, worker):
    client.post("/f/kontakt", data=b"{not json", content_type="application/json")
    listed = desk.get("/admin/review")
    url = re.search(r'href="(/admin/review/\d+)"', listed.text)[1]
    assert "{not json" in desk.get(url).text
    assert "looked_at_unread" in did(app)
    answer = desk.post(f"{url}/read")
    assert answer.location == url
    assert 'role="alert"' in desk.get(url).text


def test_what_was_covered_is_said_in_words(app, desk, client, worker, kari):
    body = {"email": kari, "name": "Kari", "message": "01129907300", "_page": "https://fjordlys.example/"}
    client.post("/f/kontakt", data=body)
    client.post("/f/kontakt", data=b"{no json 01129907300", content_type="application/json")
    worker()
    with app.app_context():
        id = db.session.query(Submission).one().id
    page, unread = desk.get(f"/admin/submissions/{id}").text, desk.get("/admin/review").text
    assert "Melding (fødselsnummer)" in page
    assert "Message (national identity number)" in desk.get(f"/admin/submissions/{id}?lang=en").text
    unread = desk.get(re.search(r'href="(/admin/review/\d+)"', unread)[1]).text
    assert "national_id" not in page + unread and "fødselsnummer" in unread


def test_a_body_that_can_be_read_after_a_mend_becomes_a_submission(app, desk, kari):
    from app.submissions import unread
    from app.submissions.catalogue import catalogue
    from app.submissions.record import Sender

    with app.app_context():
        body = f'{{"email": "{kari}", "name": "Kari", "message": "Hei"}}'.encode()
        row = unread.keep(catalogue().find("kontakt"), body, "application/json", "bad_json", Sender(lang="nb"))
        db.session.commit()
        id = row.id
    desk.get(f"/admin/review/{id}")
    answer = desk.post(f"/admin/review/{id}/read")
    assert answer.location.startswith("/admin/submissions/")
    assert kari in desk.get(answer.location).text
    assert about(app, "read_again").object == f"unread:{id}"


def test_the_title_of_an_unread_message_is_its_heading(desk, client):
    client.post("/f/kontakt", data=b"{", headers={"Content-Type": "application/json"})
    listed = desk.get("/admin/review").text
    page = desk.get(re.search(r'href="(/admin/review/\d+)"', listed)[1]).text
    heading = re.search(r"<h1>(.*?)</h1>", page)[1]
    assert f"<title>{heading} – " in page and f"<title>{heading} – " not in listed


# The rest


def test_the_first_page_counts_what_waits(app, desk):
    with app.app_context():
        sent("p1@example.no")
        sent("p2@example.no", box="spam")
        old = sent("p3@example.no")
        old.id -= 48 * 3600 * 1000 << 22
        db.session.add(OutboxRow(kind="letter.send", lane="l", failed_at=now()))
        db.session.commit()
    numbers = re.findall(r"<strong>(\d+)</strong>", desk.get("/admin/").text)
    assert numbers == ["1", "0", "0", "1"]


def test_the_trail_names_who_looked_at_whom_until_she_is_erased(app, desk, kari):
    with app.app_context():
        id = met(kari).id
        db.session.commit()
    desk.get(f"/admin/contacts/{id}")
    text = desk.get("/admin/audit").text
    assert "siri@example.no" in text
    assert kari in text
    with app.app_context():
        contacts.forget(contacts.find(kari))
        db.session.commit()
    assert kari not in desk.get("/admin/audit").text


@pytest.mark.parametrize(
    ("action", "noted", "said"),
    [
        ("opened_request", "erasure", "Sletting"),
        ("listed_requests", "done", "Avsluttet"),
        ("withdrew_consent", "newsletter, offers", "Nyhetsbrev, Tilbud"),
        ("moved_submission", "links > accepted", "svært mange lenker → mottatt"),
        ("disclosed", "straffeprosessloven § 210", "straffeprosessloven § 210"),
    ],
)
def test_a_note_in_the_trail_is_in_words(app, desk, action, noted, said):
    with app.app_context():
        db.session.add(AuditEntry(actor="staff:1", action=action, note=noted))
        db.session.commit()
    assert f">{said}</td>" in desk.get("/admin/audit").text


@pytest.mark.parametrize(
    "url", ["/admin/", "/admin/contacts", "/admin/submissions", "/admin/outbox", "/admin/review", "/admin/audit"]
)
def test_every_page_speaks_both_languages_and_changes_nothing(app, desk, url):
    with app.app_context():
        before = db.session.query(OutboxRow).count(), db.session.query(Submission).count()
    for lang in ("nb", "en"):
        assert f'<html lang="{lang}"' in desk.get(f"{url}?lang={lang}").text
    with app.app_context():
        assert (db.session.query(OutboxRow).count(), db.session.query(Submission).count()) == before


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import:1", "From a list that was brought along"),
        ("request:1", "From a request of the person"),
        ("staff:1", "From staff, as the person asked"),
    ],
)
def test_where_a_value_came_from_is_said_in_words(app, desk, kari, source, said):
    with app.app_context():
        person = contacts.meet(kari, kari, "nb", None)
        contacts.volunteer(person, {"name": "Kari"}, source, overwrite=True)
        db.session.commit()
        number = person.id
    page = desk.get(f"/admin/contacts/{number}?lang=en").text
    assert said in page and source not in page
