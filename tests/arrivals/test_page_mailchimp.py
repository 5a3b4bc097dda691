"""The other button of the staff page: the audience that is connected, over HTTP and the worker."""

from __future__ import annotations

import pytest

from app.audit.models import AuditEntry
from app.consent.models import ConsentEvent
from app.extensions import db
from app.letters.models import Letter
from tests.admin.conftest import desk, siri
from tests.arrivals.test_mailchimp import PROOF, joins
from tests.support.mailchimp_server import Answer
from tests.support.mailchimp_store import member_id

__all__ = ["desk", "siri"]

GONE = "gone@example.no"


def presses(desk, **more):
    desk.get("/admin/import")
    return desk.post(
        "/admin/import", {"purpose": "newsletter", "site": "fjordlys", "source": "mailchimp", **more}
    ).location


@pytest.fixture
def audience(office, kari):
    """Kari said yes there, somebody left there, and one has no proof."""
    joins(office, kari)
    joins(office, GONE)
    office.leave_mailchimp(GONE)
    joins(office, "unproven@example.no")
    for name in PROOF:
        del office.mailchimp.audience.contact(member_id("unproven@example.no")).data[name]


def test_the_audience_is_looked_through_and_then_taken_in(office, audience, desk, siri, kari):
    assert "From Mailchimp" in desk.get("/admin/import?lang=en").text
    url = presses(desk)
    assert "being looked through" in desk.get(f"{url}?lang=en").text and office.mailchimp.calls == []
    office.work()
    shown = desk.get(f"{url}?lang=en").text
    assert "<dt>New</dt><dd>1<br>" in shown and "<dt>Withdrawn</dt><dd>1<br>" in shown
    assert "unproven@example.no" in shown
    assert office.count(ConsentEvent) == 0 and not office.known(kari)
    assert desk.post(f"{url}/start").status_code == 303
    office.work()
    assert office.consents(kari) == {"newsletter": "confirmed"} and not office.known("unproven@example.no")
    assert office.consents(GONE) == {"newsletter": "withdrawn"} and office.suppressed(GONE) == {"newsletter"}
    assert office.at_mailchimp(kari)[0] == "subscribed" and office.at_mailchimp(GONE)[0] == "unsubscribed"
    assert office.told(kari).met_at and office.count(Letter) == 0 and office.failed() == []
    with office.app.app_context():
        acts = db.session.execute(db.select(AuditEntry.action, AuditEntry.actor).order_by(AuditEntry.id)).all()
    assert ("uploaded_list", f"staff:{siri}") in acts and ("started_import", f"staff:{siri}") in acts


def test_pressing_again_brings_nobody_twice_and_nobody_back(office, audience, desk, kari):
    for _ in range(2):
        url = presses(desk)
        office.work()
        desk.post(f"{url}/start")
        office.work()
        office.withdraw(kari)
        office.work()
    assert office.consents(kari) == {"newsletter": "withdrawn"} and office.at_mailchimp(kari)[0] == "unsubscribed"
    assert office.happened(kari) == ["imported", "withdrawn"] and office.happened(GONE) == ["withdrawn"]


def test_ola_who_is_here_already_is_left_alone(office, audience, desk, ola):
    office.subscribe(ola)
    office.work()
    assert office.at_mailchimp(ola)[0] == "subscribed"
    before = office.everything(ola)
    url = presses(desk)
    office.work()
    desk.post(f"{url}/start")
    office.work()
    assert office.everything(ola) == before


def test_mailchimp_that_refuses_us_is_said(office, audience, desk, kari):
    url = presses(desk)
    office.mailchimp.fail(Answer(401, b'{"title": "API Key Invalid", "status": 401}'), times=5)
    office.work()
    page = desk.get(f"{url}?lang=en").text
    assert office.run().state == "failed" and "refused" in page.lower() and "Take the list in" not in page
    assert not office.known(kari)
