"""What is wrong with what staff typed is said at the top of the page and in its title, and leads to the field."""

from __future__ import annotations

import re

from app.extensions import db
from tests.admin.test_pages import subscribed


def leads(answer, *fields):
    """The page says that something is wrong, and each of its lines leads to a field on the page, in their order."""
    assert answer.status_code == 422 and re.search(r"<title>(Feil|Error): ", answer.text)
    top = answer.text.partition('<div class="mend"')[2].partition("</div>")[0]
    assert "autofocus" in top
    targets = re.findall(r'href="#([^"]+)"', top)
    assert targets == list(fields) and top.count("<li>") == len(fields)
    places = [answer.text.index(f' id="{target}"') for target in targets]
    assert places == sorted(places) and all(answer.text.count(f' id="{target}"') == 1 for target in targets)


def person(app, address):
    with app.app_context():
        id = subscribed(address).id
        db.session.commit()
    return f"/admin/contacts/{id}"


def test_where_somebody_telephoned(desk, demo):
    desk.get("/admin/requests/new")
    typed = {"kind": "rectification", "address": "kari", "to_name": "K" * 300}
    leads(desk.post("/admin/requests/new", typed), "f-address", "f-identified_by", "f-to_name")
    typed = {"kind": "rectification", "address": "k@example.no", "to_email": "k"}
    leads(desk.post("/admin/requests/new", typed), "f-identified_by", "f-changes")
    leads(desk.post("/admin/requests/new", {"address": "k@example.no", "identified_by": "x"}), "f-kind")


def test_where_the_police_demand_something(app, desk, demo, kari):
    url = f"{person(app, kari)}/disclose"
    desk.get(url)
    leads(desk.post(url, {}), "f-authority", "f-demand", "f-fields")


def test_where_a_consent_is_withdrawn(app, desk, demo, kari):
    url = person(app, kari)
    desk.get(url)
    leads(desk.post(f"{url}/withdraw", {"purpose": "all"}), "f-note")


def test_where_a_list_is_brought_along(desk, demo):
    desk.get("/admin/import")
    said = {"purpose": "no", "site": "no", "unproven": "yes"}
    leads(desk.post("/admin/import", said), "f-file", "f-file-purpose", "f-file-site", "f-file-vouched_by")
