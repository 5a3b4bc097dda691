"""What somebody sent is found by two indexes, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app import contacts
from app.admin import person, timeline
from app.extensions import db
from app.submissions.hers import hers
from app.submissions.models import Submission
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


@pytest.mark.parametrize("ask", ["the question itself", "flask contact show", "her page"])
def test_both_halves_have_an_index(app, client, worker, demo, kari, ask):
    sent(client, kari)
    worker()
    with app.app_context(), app.test_request_context("/"):
        contact = contacts.find(kari)
        asks = {
            "the question itself": lambda: db.session.execute(hers(kari, contact.id)).all(),
            "flask contact show": lambda: person.describe(kari),
            "her page": lambda: timeline.of(contact, {}),
        }
        (plan,) = [plan for plan in plans(asks[ask]) if "ix_submission_nobodys" in plan]
        assert "ix_submission_contact" in plan
        assert "Seq Scan on submission" not in plan and "SCAN submission" not in plan
