"""Looking changes nothing: every page there is, opened by staff and by a scanner, leaves the database as it was."""

from __future__ import annotations

import re

import pytest

from app.arrivals.models import ArrivalRun
from app.consent.models import ConsentEvent
from app.contacts.models import Contact
from app.extensions import db
from app.privacy.models import PrivacyRequest
from app.sites import logo
from app.sites.models import Site
from app.submissions.models import Submission, UnreadBody
from app.sync.models import DriftRun
from tests.admin.conftest import Desk
from tests.flows.steps import BOTH, Person, database, path
from tests.support.mailbox import links
from tests.support.routes import first_choice

# Signed in already; and an answer of Google's that nobody asked for.
NEEDS_MORE = {"/admin/login", "/admin/google/answer"}
LOOKS = {"audit_entry"}  # that somebody looked is written down, and nothing else


@pytest.fixture
def lived_in(app, client, worker, mailbox, demo, kari, ola):
    """A service with a subscriber, somebody who has not confirmed, and a body that nobody could read."""
    person = Person(client, worker, mailbox, kari).subscribes(BOTH)
    Person(client, worker, mailbox, ola).asks()
    client.post("/unsubscribe", data={"address": kari})
    client.post("/f/kontakt", data=b"\xff\xfe{", content_type="application/octet-stream")
    client.post("/privacy", data={"address": kari, "wish": "page"})
    worker()
    client.post(path(mailbox.link("/privacy/", to=kari)) + "/access")
    worker()
    return person


@pytest.fixture
def places(app, lived_in, mailbox, kari, ola):
    """Something to put into each place of a route's path."""
    with app.app_context():
        contact = db.session.query(Contact).filter_by(address=kari).one().id
        compared = DriftRun(processor="sandbox", actor="test")
        brought = ArrivalRun(source="csv", place="0" * 64, purpose="newsletter", actor="test", state="done")
        brought.site_id = db.session.query(Site).first().id
        db.session.add_all([compared, brought])
        db.session.commit()
        found = {
            "filename": "samtykke.css",
            "slug": "nyhetsbrev",
            "/site/<slug>.css": "fjordlys",
            "/logo/<name>": logo.keep(b"GIF89a"),
            "/confirm/<word>": word(mailbox.link("/confirm/", to=ola)),
            "/preferences/<word>": word(mailbox.link("/preferences/", to=kari)),
            "/privacy/<token>": her_page(mailbox, kari),
            "/privacy/archive/<token>": word(mailbox.link("/privacy/archive/", to=kari)),
            "/privacy/receipt/<word>": db.session.query(PrivacyRequest).one().word,
            "token": word(lived_in.unsubscribe_link()),
            "event_id": db.session.query(ConsentEvent).filter_by(purpose="newsletter").first().id,
            "secret": "0" * 40,
            "name": next(mailbox.folder.glob("*.eml")).stem,
            "/admin/contacts/<int:id>": contact,
            "/admin/contacts/<int:id>/disclose": contact,
            "/admin/requests/<int:id>": db.session.query(PrivacyRequest).one().id,
            "/admin/requests/of/<group>": "done",
            "/admin/submissions/<int:id>": db.session.query(Submission).first().id,
            "/admin/review/<int:id>": db.session.query(UnreadBody).one().id,
            "/admin/drift/<int:id>": compared.id,
            "/admin/import/<int:id>": brought.id,
            "/admin/register/record/<lang>": "nb",
            "/admin/register/<entry>": "mailchimp",
        }
        db.session.commit()
        return found


def her_page(mailbox, address):
    pages = [link for letter in mailbox.to(address) for link in links(letter, "/privacy/") if "/archive/" not in link]
    return word(pages[0])


def word(link):
    return link.rstrip("/").rsplit("/", 1)[-1]


def filled(rule, places):
    plain = re.sub(r"<int\([^)]*\):", "<int:", first_choice(rule))
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(place(plain, found[1], places)), plain)


def place(rule, name, places):
    assert {rule, name} & set(places), f"say in `places` above what to put into {rule}"
    return places.get(rule) or places[name]


def pages(app, places):
    return [filled(rule.rule, places) for rule in app.url_map.iter_rules() if "GET" in rule.methods]


def test_no_get_or_head_changes_the_database(app, demo, places):
    desk = Desk(app.test_client())
    assert desk.signs_in(demo.email, demo.password).status_code == 303
    before = database(app, *LOOKS)
    for method in ("HEAD", "GET"):
        for page in pages(app, places):
            answer = desk.client.open(page, method=method)
            assert answer.status_code == 200 or "/webhooks/" in page or page in NEEDS_MORE, (page, answer)
    assert database(app, *LOOKS) == before


def test_a_stranger_who_opens_every_page_is_not_even_noted(app, places):
    before = database(app)
    for page in pages(app, places):
        app.test_client().get(page)
    assert database(app) == before


def test_no_public_page_sets_a_cookie(app, places):
    for page in pages(app, places):
        if not page.startswith("/admin/"):
            assert "Set-Cookie" not in app.test_client().get(page).headers, page


def test_every_page_carries_the_headers_that_keep_strangers_out(app, places):
    for page in pages(app, places):
        headers = app.test_client().get(page).headers
        assert headers["X-Content-Type-Options"] == "nosniff", page
        assert "default-src 'none'" in headers["Content-Security-Policy"], page
        assert headers["Referrer-Policy"], page
