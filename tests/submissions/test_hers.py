"""What somebody sent is found by two indexes, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app import contacts
from app.admin import person, timeline
from app.extensions import db
from app.privacy import links
from app.privacy.identity import Identity
from app.privacy.own import submissions as own
from app.privacy.own.who import Who
from app.privacy.person import sheet
from app.sites.models import Site
from app.submissions.hers import hers
from app.submissions.models import Submission
from app.webhooks import held
from tests.support.planner import plans


def sent(client, address, **more):
    answer = client.post("/f/kontakt", data={"email": address, "name": "Kari", "message": "Hei", **more})
    assert answer.status_code == 303


def test_what_is_linked_and_what_is_nobodys_and_nothing_of_anybody_else(app, client, worker, demo, kari, ola):
    for address in (kari, ola):
        sent(client, address)
        sent(client, address, message="pendellampe", _gotcha="x")
    worker()
    with app.app_context():
        contact = contacts.find(kari)
        found = db.session.scalars(select(Submission).where(Submission.id.in_(hers(kari, contact.id)))).all()
        assert sorted((row.address, row.box, row.contact_id is None) for row in found) == [
            (kari, "accepted", False),
            (kari, "spam", True),
        ]


def test_of_somebody_whom_we_do_not_know_nothing_of_others_is_shown(app, client, worker, demo, ola):
    sent(client, ola, message="pendellampe", _gotcha="x")
    worker()
    with app.app_context():
        assert db.session.scalars(hers("nobody@example.no", None)).all() == []
        assert db.session.scalars(hers(ola, None)).all() != []
        assert person.describe("nobody@example.no")["submissions"] == []


def asks(address):
    """Whoever asks what she sent."""
    contact = contacts.find(address)
    site = db.session.scalars(select(Site)).first()
    link = links.open(links.PAGE, Identity(address, "", contact.id, contact.subject), site=site, lang="nb")
    who = Who(address, contact)
    return {
        "the question itself": lambda: db.session.execute(hers(address, contact.id)).all(),
        "flask contact show": lambda: person.describe(address),
        "her page for staff": lambda: timeline.of(contact, {}, []),
        "her own page": lambda: sheet(link),
        "WordPress's tool": lambda: held.page(address, 1, "nb"),
        "an erasure looks": lambda: list(own.find(who)),
        "a copy": lambda: own.export(who, "nb"),
        "an erasure": lambda: own.erase(who),
    }


ASKS = (
    "the question itself",
    "flask contact show",
    "her page for staff",
    "her own page",
    "WordPress's tool",
    "an erasure looks",
    "a copy",
    "an erasure",
)


@pytest.mark.parametrize("ask", ASKS)
def test_both_halves_have_an_index(app, client, worker, demo, kari, ask):
    sent(client, kari)
    worker()
    with app.app_context(), app.test_request_context("/"):
        (plan,) = [plan for plan in plans(asks(kari)[ask]) if "ix_submission_nobodys" in plan]
        assert "ix_submission_contact" in plan
        assert "Seq Scan on submission" not in plan and "SCAN submission" not in plan
