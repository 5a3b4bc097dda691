"""NUL is a character that nobody types and PostgreSQL refuses. It is left out of what is sent, and leads nowhere."""

from __future__ import annotations

import pytest

from app.extensions import db
from tests.admin.conftest import met

NOWHERE = (
    "/privacy/receipt/%00",
    "/privacy/receipt/a%00b.json",
    "/privacy/%00.x",
    "/privacy/archive/%00.x",
    "/receipt/%00",
    "/confirm/%00",
    "/preferences/%00",
    "/u/%00",
    "/f/%00",
)


@pytest.mark.parametrize("url", NOWHERE)
def test_an_address_with_nul_leads_nowhere(demo, client, url):
    assert client.get(url).status_code == 404


@pytest.mark.parametrize("url", ["/privacy?site=%00", "/privacy?lang=%00", "/unsubscribe?lang=%00"])
def test_a_query_with_nul_is_read_without_it(demo, client, url):
    assert client.get(url).status_code == 200


def test_an_address_typed_with_nul_is_the_address(app, demo, client, worker, mailbox, kari):
    assert client.post("/privacy", data={"wish": "access", "address": f"\0{kari}"}).status_code == 200
    worker()
    assert len(mailbox.to(kari)) == 1


REQUEST = {"kind": "erasure", "identified_by": "phone\0call", "ground_erasure": "withdrawn\0"}


def test_staff_open_a_request_with_nul_in_every_field(app, demo, desk, worker, kari):
    desk.get("/admin/requests/new")
    assert desk.post("/admin/requests/new", {**REQUEST, "address": f"{kari}\0"}).status_code == 303
    worker()
    assert "phonecall" in desk.get("/admin/requests/1").text


@pytest.mark.parametrize("verb", ["extend", "deny", "approve", "identify", "letters", "cancel"])
def test_no_act_on_a_request_breaks_on_nul(app, demo, desk, worker, kari, verb):
    desk.get("/admin/requests/new")
    desk.post("/admin/requests/new", {**REQUEST, "address": kari})
    worker()
    desk.get("/admin/requests/1")
    fields = ("reason", "note", "plan", "identified_by", "letter")
    assert desk.post(f"/admin/requests/1/{verb}", dict.fromkeys(fields, "\0")).status_code < 500


def test_a_disclosure_with_nul_is_written_without_it(app, demo, desk, kari):
    with app.app_context():
        contact = met(kari)
        db.session.commit()
        number = contact.id
    desk.get(f"/admin/contacts/{number}/disclose")
    fields = {"authority": "po\0lice", "demand": "\0x", "field": "address", "secret": "\0"}
    assert desk.post(f"/admin/contacts/{number}/disclose", fields).status_code < 500


def test_without_a_website_no_request_can_be_opened_and_the_page_says_so(app, desk, kari):
    desk.get("/admin/requests/new")
    answer = desk.post("/admin/requests/new", {"kind": "erasure", "address": kari, "identified_by": "phone"})
    assert answer.status_code == 422
    assert "Det finnes ikke noe nettsted ennå" in answer.text
