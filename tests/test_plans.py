"""What is done again and again, while nothing happens or while somebody attacks, reads no table from end to end."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from app import contacts
from app.admin.pages.contacts import shown
from app.consent import throttle
from app.extensions import db
from app.outbox.registry import CLOCK
from app.privacy import links
from app.privacy.identity import Identity
from app.privacy.person import sheet
from app.sites.models import Site
from tests.support.planner import plans

# What grows with the company's past. Confirm links are of the last month.
GROWING = (
    "audit_entry|consent_event|consent_evidence|contact|contact_value|letter|outbox|processor_state|"
    "sealed_event|submission|suppression"
)
SMALL = r"USING (COVERING )?INDEX ix_outbox_(stream|failed|done)"  # indexes of a few rows
WHOLE = re.compile(rf"(Seq Scan on|SCAN) ({GROWING})(_1)?\b(?! {SMALL})|ix_submission_box \(box=\?\)")


def read_whole(found: list[str]) -> list[str]:
    return [plan for plan in found if WHOLE.search(plan)]


def test_the_work_that_the_clock_asks_for(app, client, worker, demo, kari):
    client.post("/f/nyhetsbrev", data={"email": kari, "consent_newsletter": "on"})
    worker()
    assert {"consent.seal", "submissions.tidy", "outbox.tidy"} <= CLOCK.keys()
    with app.app_context():
        assert {kind: whole for kind, (_, do) in CLOCK.items() if (whole := read_whole(plans(do)))} == {}


@pytest.mark.parametrize("path", ["/metrics", "/readyz", "/healthz", "/admin/login", "/f/kontakt"])
def test_what_others_ask_every_few_seconds(app, client, demo, path):
    with app.app_context():
        assert read_whole(plans(lambda: client.get(path))) == []


def test_a_form_is_received(app, client, demo, kari):
    with app.app_context():
        found = plans(lambda: client.post("/f/nyhetsbrev", data={"email": kari, "consent_newsletter": "on"}))
        assert read_whole(found) == []


def test_the_company_is_warned_of_an_attack(app, demo):
    with app.app_context():
        site = db.session.scalars(select(Site)).first()
        assert read_whole(plans(lambda: throttle.alert(site))) == []


def test_her_own_page(app, client, worker, demo, kari):
    client.post("/f/nyhetsbrev", data={"email": kari, "consent_newsletter": "on"})
    worker()
    with app.app_context(), app.test_request_context("/"):
        contact, site = contacts.find(kari), db.session.scalars(select(Site)).first()
        link = links.open(links.PAGE, Identity(kari, "", contact.id, contact.subject), site=site, lang="nb")
        assert read_whole(plans(lambda: sheet(link))) == []


def test_her_page_among_the_contacts(app, client, worker, demo, kari):
    client.post("/f/nyhetsbrev", data={"email": kari, "consent_newsletter": "on"})
    client.post("/personvern", data={"wish": "access", "address": kari})
    worker()
    with app.app_context(), app.test_request_context("/admin/"):
        contact = contacts.find(kari)
        found = plans(lambda: shown(contact))
        assert read_whole(found) == []
        assert [plan for plan in found if re.search(r"(Seq Scan on|SCAN) privacy_(request|task)", plan)] == []
