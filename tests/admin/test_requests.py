"""Staff at the board: Kari has telephoned, and everything she may need is two clicks away."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape

import pytest

from app import contacts
from app.audit.models import AuditEntry
from app.extensions import db
from app.privacy.models import PrivacyRequest
from tests.admin.conftest import met
from tests.admin.test_errors_said import leads

HOW = "called back on the number we had"


@pytest.fixture
def known(app, demo, kari, ola):
    with app.app_context():
        met(kari, name="Kari Nordmann")
        met(ola, name="Ola Nordmann")
        db.session.commit()


@pytest.fixture
def telephoned(desk, known, kari, worker):
    """Opens a request for Kari as staff do, and lets the worker plan it; the value opens another."""

    def opens(kind, **more):
        desk.get("/admin/requests/new")
        data = {"kind": kind, "address": kari, "identified_by": HOW, **more}
        answer = desk.post("/admin/requests/new", data)
        assert answer.status_code == 303, answer.text
        worker()
        return answer.headers["Location"]

    return opens


def state(app, url):
    with app.app_context():
        return db.session.get_one(PrivacyRequest, int(url.rsplit("/", 1)[1])).state


def plan(page):
    return re.search(r'name="plan" value="(\w+)"', page.text)[1]


def test_whoever_telephones_is_entered_and_stands_on_the_board(desk, telephoned, kari):
    url = telephoned("erasure")
    board = desk.get("/admin/requests?lang=en").text
    assert url in board and kari in board and "To approve" in board


def test_how_she_was_known_must_be_said_and_holds_no_address(desk, known, kari):
    desk.get("/admin/requests/new")
    for how in ("", f"wrote from {kari}"):
        data = {"kind": "erasure", "address": kari, "identified_by": how}
        answer = desk.post("/admin/requests/new", data)
        assert answer.status_code == 422 and 'id="e-identified_by"' in answer.text


@pytest.mark.parametrize("bad", [{"kind": "revenge"}, {"address": "no address"}, {"kind": "rectification"}])
def test_what_cannot_be_meant_is_said_and_opens_nothing(app, desk, known, kari, bad):
    desk.get("/admin/requests/new")
    answer = desk.post("/admin/requests/new", {"kind": "access", "address": kari, "identified_by": HOW, **bad})
    assert answer.status_code == 422
    with app.app_context():
        assert db.session.query(PrivacyRequest).count() == 0


def test_an_approved_plan_is_carried_out_and_ola_is_left_alone(app, desk, telephoned, worker, kari, ola):
    url = telephoned("erasure")
    page = desk.get(url)
    assert desk.post(f"{url}/approve", {"plan": plan(page)}).status_code == 303
    worker()
    assert state(app, url) == "completed"
    assert kari not in desk.get("/admin/contacts").text
    assert ola in desk.get("/admin/contacts").text


def test_a_plan_that_nobody_saw_is_not_approved(app, desk, telephoned, worker):
    url = telephoned("erasure")
    desk.get(url)
    for seen, status in (("", 400), ("0" * 64, 303)):
        assert desk.post(f"{url}/approve", {"plan": seen}).status_code == status
    worker()
    assert state(app, url) == "awaiting_approval"


def test_a_correction_names_what_it_should_be(app, desk, telephoned, worker):
    url = telephoned("rectification", to_name="Kari Hansen")
    assert "Kari Hansen" in desk.get(url).text
    worker()
    assert state(app, url) == "completed"


def test_a_new_address_waits_for_its_own_mailbox_and_the_rest_does_not(
    app, desk, telephoned, client, worker, mailbox, kari, ola
):
    url = telephoned("rectification", to_email="kari.ny@example.no", to_name="Kari Hansen")
    shown = desk.get(f"{url}?lang=en").text
    assert "kari.ny@example.no" in shown and "Begin without the link" not in shown
    assert state(app, url) == "identity_pending" and state(app, url.replace("/2", "/1")) == "completed"
    desk.post(f"{url}/identify", {"identified_by": HOW})
    assert state(app, url) == "identity_pending"
    client.post(mailbox.link("/privacy/", to="kari.ny@example.no").removeprefix("http://localhost"))
    worker()
    assert state(app, url) == "completed"
    contacts = desk.get("/admin/contacts").text
    assert "kari.ny@example.no" in contacts and kari not in contacts and ola in contacts


@pytest.mark.parametrize("typed", ["kari", "kari@example.no"])
def test_what_is_no_new_address_is_said(desk, known, kari, typed):
    desk.get("/admin/requests/new")
    data = {"kind": "rectification", "address": kari, "identified_by": HOW, "to_email": typed}
    assert desk.post("/admin/requests/new", data).status_code == 422


def test_refusing_tells_her_why_and_where_to_complain(app, desk, telephoned, worker, mailbox, kari):
    url = telephoned("erasure")
    desk.get(url)
    assert desk.post(f"{url}/deny", {"reason": "legal_claims", "note": "Saken er ikke avgjort."}).status_code == 303
    worker()
    assert state(app, url) == "denied"
    assert "Datatilsynet" in mailbox.to(kari)[-1].get_body(("plain",)).get_content()


def test_extending_writes_to_her_before_the_day(app, desk, telephoned, worker, mailbox, kari):
    url = telephoned("erasure")
    desk.get(url)
    before = len(mailbox.to(kari))
    assert desk.post(f"{url}/extend", {"reason": "Mange brev må leses."}).status_code == 303
    worker()
    assert len(mailbox.to(kari)) == before + 1


def test_what_cannot_be_done_is_said_on_the_page(app, desk, telephoned):
    url = telephoned("erasure")
    desk.get(url)
    desk.post(f"{url}/lift?lang=en")
    assert 'role="alert"' in desk.get(url).text
    assert state(app, url) == "awaiting_approval"


def test_cancelling_forgets_whom_it_was_about(app, desk, telephoned, kari):
    url = telephoned("erasure")
    desk.get(url)
    desk.post(f"{url}/cancel")
    assert state(app, url) == "cancelled" and kari not in desk.get("/admin/requests").text


def test_a_restriction_is_lifted_by_a_button(app, desk, telephoned, worker):
    url = telephoned("restriction")
    worker()
    desk.get(url)
    assert desk.post(f"{url}/lift").status_code == 303
    worker()
    assert state(app, url) in ("executing", "verifying", "waiting_external", "completed", "closed")


def test_looking_and_acting_are_written_down(app, desk, telephoned):
    url = telephoned("access")
    desk.get(url)
    with app.app_context():
        acts = set(db.session.scalars(db.select(AuditEntry.action)))
    assert {"opened_request", "listed_requests", "looked_at_request"} - acts == {"listed_requests"}


def test_a_task_of_another_request_cannot_be_reached_through_this_one(desk, telephoned, app):
    first, second = telephoned("erasure"), telephoned("access")
    with app.app_context():
        task = db.session.get_one(PrivacyRequest, int(first.rsplit("/", 1)[1])).tasks[0].id
    desk.get(second)
    assert desk.post(f"{second}/tasks/{task}/again").status_code == 404


def test_a_long_group_goes_on_page_by_page(desk, telephoned):
    telephoned("access")
    answer = desk.get("/admin/requests/of/done")
    assert answer.status_code == 200
    assert desk.get("/admin/requests/of/nothing").status_code == 404


@pytest.mark.parametrize(
    "path", ["/admin/requests", "/admin/requests/new", "/admin/requests/1", "/admin/requests/of/done"]
)
def test_a_stranger_sees_nothing(stranger, demo, path):
    assert "/admin/login" in stranger.get(path).headers["Location"]


def test_the_first_page_says_that_a_request_waits(desk, telephoned):
    before = desk.get("/admin/?lang=en").text
    telephoned("erasure")
    assert "Nothing waits for you." in before
    page = desk.get("/admin/?lang=en").text
    assert "Nothing waits for you." not in page and "<strong>1</strong> request that waits for you" in page


def test_nobody_is_refused_before_a_reason_was_chosen(app, desk, telephoned):
    url = telephoned("erasure")
    assert '<option value="" selected>' in desk.get(url).text
    desk.post(f"{url}/deny", {"reason": "", "note": ""})
    assert state(app, url) == "awaiting_approval"


@pytest.mark.parametrize("lang", ["nb", "en"])
def test_a_stranger_who_telephones_gets_letters_in_the_language_that_was_heard(app, desk, known, lang):
    desk.get("/admin/requests/new")
    data = {"kind": "access", "address": "new@example.com", "identified_by": HOW, "lang": lang}
    assert desk.post("/admin/requests/new", data).status_code == 303
    with app.app_context():
        assert db.session.query(PrivacyRequest).one().lang == lang
    refused = desk.post("/admin/requests/new", {**data, "address": ""}).text
    assert f'<option value="{lang}" selected>' in refused


def test_whom_we_know_is_written_to_in_her_own_language(app, telephoned):
    telephoned("access", lang="en")
    with app.app_context():
        assert db.session.query(PrivacyRequest).one().lang == "nb"


def test_while_our_letter_leaves_no_other_system_is_said_to_be_at_it(app, desk, telephoned):
    url = telephoned("access")
    with app.app_context():
        tasks = db.session.get_one(PrivacyRequest, int(url.rsplit("/", 1)[1])).tasks
        next(task for task in tasks if task.act == "letter").state = "polling"
        db.session.commit()
    page = desk.get(f"{url}?lang=en").text
    assert "Our letter is on its way" in page and "The other system is at it" not in page


@pytest.mark.parametrize(("lang", "said"), [("nb", "«Slettet 12:40»"), ("en", "“Slettet 12:40”")])
def test_what_staff_wrote_stands_between_the_quotation_marks_of_the_reader(app, desk, telephoned, lang, said):
    url = telephoned("erasure")
    with app.app_context():
        task = db.session.get_one(PrivacyRequest, int(url.rsplit("/", 1)[1])).tasks[0]
        task.state, task.proof, task.proof_by = "manual_done", "Slettet 12:40", "staff:1"
        db.session.commit()
    assert said in desk.get(f"{url}?lang={lang}").text


def comes_to(app, url, **acts):
    """Sets what these acts at our own register have come to."""
    with app.app_context():
        tasks = db.session.get_one(PrivacyRequest, int(url.rsplit("/", 1)[1])).tasks
        for act, values in acts.items():
            task = next(task for task in tasks if task.act == act and task.holder == "own")
            for name, value in values.items():
                setattr(task, name, value)
        db.session.commit()


def lines(desk, url):
    """What stands on the page about each task, without markup."""
    shown = desk.get(f"{url}?lang=en").text.partition('<ul class="line">')[2].partition("</section>")[0]
    found = re.findall(r'<p class="soft small">(.*?)</p>', shown, re.S)
    return [" ".join(re.sub(r"<[^>]+>", "", one).split()) for one in found]


NOON = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)


def test_what_is_known_of_a_task_is_one_line_with_dots_between(app, desk, telephoned):
    url = telephoned("erasure")
    at = "22 November 2026, 12:00"
    comes_to(
        app,
        url,
        withdraw={"done_at": NOON},
        erase={"found": 2, "left": 0, "verified_at": NOON},
        verify={"found": 2, "left": None, "done_at": NOON, "check_at": NOON},
        letter={"check_at": NOON},
    )
    said = lines(desk, url)
    assert at in said and f"2 found, 0 left · read back {at}" in said
    assert f"2 found · {at} · looked at again {at}" in said and f"looked at again {at}" in said
    assert "" not in said and not any(line.startswith("·") for line in said)


def test_of_a_correction_it_is_not_said_that_anything_is_left(app, desk, telephoned):
    url = telephoned("rectification", to_name="Kari Hansen")
    comes_to(app, url, rectify={"found": 11, "left": 11}, verify={"found": 11, "left": 11})
    said = lines(desk, url)
    assert any(line.startswith("11 found") for line in said) and not any("left" in line for line in said)


def test_who_took_a_step_stands_apart_from_it_and_ending_a_request_is_not_called_closing_it(desk, telephoned):
    page = desk.get(f"{telephoned('erasure')}?lang=nb").text
    assert re.search(r'Mottatt ·&nbsp;<span class="soft">\w+', page)
    assert ">Avslutt kravet</button>" in page and ">Avbryt</button>" not in page


def contact_page(app, desk, address):
    with app.app_context():
        id = contacts.find(address).id
    return f"/admin/contacts/{id}", unescape(desk.get(f"/admin/contacts/{id}?lang=en").text)


def test_her_page_shows_what_she_has_asked_for_and_the_letters_about_it(app, desk, telephoned, kari, ola):
    waits, done = telephoned("erasure"), telephoned("access")
    _url, page = contact_page(app, desk, kari)
    assert waits in page and "Waits for approval" in page and done in page and "Done" in page
    assert "Deletion asked for" in page and "Access asked for" in page
    assert page.count("Letter: your request has come") == 2 and "Letter: the copy is ready" in page
    assert "Letter to staff" not in page
    _url, page = contact_page(app, desk, ola)
    assert waits not in page and "Letter: " not in page


def test_a_request_that_nobody_has_proven_stands_on_her_page_too(app, desk, known, client, worker, kari):
    client.post("/personvern", data={"wish": "erasure", "address": kari})
    worker()
    _url, page = contact_page(app, desk, kari)
    assert "A link has been sent" in page and "Letter: was it you who asked?" in page


def test_from_her_page_a_request_is_entered_without_her_address_in_an_address(app, desk, known, kari):
    _url, page = contact_page(app, desk, kari)
    link = re.search(r'href="(/admin/requests/new[^"]*)"', page)[1]
    assert kari not in link and f'value="{kari}"' in desk.get(link).text
    assert kari not in desk.get(f"{link}9999").text
    assert "looked_at_contact" in {entry.action for entry in entries(app)}


def entries(app):
    with app.app_context():
        return db.session.query(AuditEntry).all()


LONG = "Saken er ikke avgjort. " * 40


@pytest.mark.parametrize(
    ("verb", "data", "field"),
    [
        ("extend", {"reason": " "}, "reason"),
        ("extend", {"reason": LONG}, "reason"),
        ("deny", {"reason": "", "note": "Saken er ikke avgjort."}, "s-reason"),
        ("deny", {"reason": "other", "note": ""}, "note"),
        ("deny", {"reason": "legal_claims", "note": LONG}, "note"),
    ],
)
def test_what_cannot_be_written_to_her_is_said_beside_its_field_and_stays(app, desk, telephoned, verb, data, field):
    url = telephoned("erasure")
    desk.get(url)
    answer = desk.post(f"{url}/{verb}", data)
    assert answer.status_code == 422 and f'id="e-{field}"' in answer.text
    assert all(text.strip() in answer.text for text in data.values())
    leads(answer, field if field.startswith("s-") else f"f-{field}")
    assert state(app, url) == "awaiting_approval"


def test_a_long_note_is_counted_as_the_browser_counts_it(app, desk, telephoned):
    url = telephoned("erasure")
    desk.get(url)
    data = {"reason": "legal_claims", "note": "\r\n".join(["x" * 99] * 5)}
    assert desk.post(f"{url}/deny", data).status_code == 303
    assert state(app, url) == "denied"


def test_what_is_too_long_to_be_kept_is_said_and_not_cut(app, desk, known, kari):
    desk.get("/admin/requests/new")
    data = {"kind": "rectification", "address": kari, "identified_by": LONG, "to_name": LONG}
    answer = desk.post("/admin/requests/new", data)
    assert answer.status_code == 422 and answer.text.count(LONG.strip()) == 2
    assert 'id="e-identified_by"' in answer.text and 'id="e-to_name"' in answer.text


def test_how_a_part_was_done_by_hand_is_said_whole_or_asked_for_again(app, desk, telephoned):
    url = telephoned("erasure")
    with app.app_context():
        task = db.session.get_one(PrivacyRequest, int(url.rsplit("/", 1)[1])).tasks[0]
        task.state, number = "manual", task.id
        db.session.commit()
    desk.get(url)
    answer = desk.post(f"{url}/tasks/{number}/done", {"proof": LONG})
    assert answer.status_code == 422 and f'id="e-proof-{number}"' in answer.text and LONG.strip() in answer.text
    leads(answer, f"f-proof-{number}")
