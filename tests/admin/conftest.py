"""A member of staff at her desk, and two people she may look at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import contacts
from app.admin import service
from app.extensions import db
from app.submissions.ids import new_id
from app.submissions.models import Form, Submission

EMAIL, PASSWORD = "siri@example.no", "riktig hest batteri"


@dataclass
class Desk:
    """A signed-in browser. Posts carry the CSRF token of the page before, as a form on it would."""

    client: FlaskClient
    token: str = ""

    def get(self, url: str, **more: Any) -> Any:
        return self._read(self.client.get(url, **more))

    def post(self, url: str, data: dict[str, str] | None = None, **more: Any) -> Any:
        return self._read(self.client.post(url, data={"csrf_token": self.token, **(data or {})}, **more))

    def signs_in(self, email: str = EMAIL, password: str = PASSWORD, **more: Any) -> Any:
        self.get("/admin/login")
        return self.post("/admin/login", {"email": email, "password": password}, **more)

    def searches(self, url: str, query: str, **more: str) -> Any:
        """As from the page: the words go in a body, and the answer leads to the list."""
        self.get(url)
        return self.post(url, {"q": query, **more}, follow_redirects=True)

    def _read(self, answer: Any) -> Any:
        if found := re.search(r'name="csrf_token" value="([^"]+)"', answer.text):
            self.token = found[1]
        return answer


@pytest.fixture
def siri(app):
    """A staff account; the value is its id."""
    with app.app_context():
        user = service.create_user(EMAIL, PASSWORD)
        db.session.commit()
        return user.id


@pytest.fixture
def desk(app, siri):
    desk = Desk(app.test_client())
    assert desk.signs_in().status_code == 303
    desk.get("/admin/")
    return desk


@pytest.fixture
def stranger(app):
    """A browser that nobody has signed in with."""
    return Desk(app.test_client())


def sent(address: str = "", form: str = "kontakt", box: str = "accepted", **answers: str) -> Submission:
    """A row as the intake writes it, except for the keyed hash, which the staff pages do not ask for."""
    known = db.session.query(Form).filter_by(slug=form).one()
    id_ = new_id()
    row = Submission(id=id_, form_id=known.id, version_id=known.version_id, box=box, lang="nb", address=address)
    row.answers, row.asked, row.masked = {"email": address, **answers}, {}, []
    row.dedupe, row.body_hash, row.mac = str(id_), "", ""
    db.session.add(row)
    db.session.flush()
    return row


def met(address: str, **values: str) -> contacts.service.Contact:
    contact = contacts.meet(address, address, "nb", db.session.query(Form).first().site_id)
    contacts.volunteer(contact, values, "submission:1", overwrite=True)
    return contact
