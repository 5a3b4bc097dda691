"""Sending forms over HTTP, and looking at what was kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select
from werkzeug.test import TestResponse

from app.consent.models import ConsentText, Purpose
from app.extensions import db
from app.sites.models import Company, Site
from app.submissions import definitions, loading
from app.submissions.catalogue import catalogue
from app.submissions.logos import Logos
from app.submissions.models import Form, FormVersion, Submission, UnreadBody

SITE = "https://nettsted.example"
MINIMAL = """
company: {slug: nettsted, name: Nettsted AS, postal_address: Storgata 1, email: post@nettsted.example}
purposes:
  newsletter:
    name: {nb: Nyhetsbrev, en: Newsletter}
    text: {nb: Ja takk til nyhetsbrev fra Nettsted AS., en: Yes please to the newsletter of Nettsted AS.}
sites:
  nettsted: {name: Nettsted, origin: "https://nettsted.example"}
forms:
  kontakt:
    site: nettsted
    title: {nb: Kontakt, en: Contact}
    notify: [post@nettsted.example]
    fields:
      - {name: name, kind: text, label: {nb: Navn, en: Name}, required: true}
      - {name: email, kind: email, label: {nb: E-post, en: E-mail}, required: true, aliases: [epost]}
      - {name: phone, kind: tel, label: {nb: Telefon, en: Telephone}}
      - {name: orgnr, kind: org_number, label: {nb: Organisasjonsnummer, en: Organisation number}}
      - {name: message, kind: textarea, label: {nb: Melding, en: Message}, max: 5000}
    consents:
      - {name: nyhetsbrev, purpose: newsletter}
"""
AGED = """
  ung:
    site: nettsted
    title: {nb: Ung, en: Young}
    age: {name: over_16, text: {nb: Jeg er over 16 år, en: I am over 16}}
    fields:
      - {name: email, kind: email, label: {nb: E-post, en: E-mail}, required: true}
    consents:
      - {name: nyhetsbrev, purpose: newsletter}
"""
CLOSED = """
  stengt:
    site: nettsted
    open: false
    title: {nb: Stengt, en: Closed}
    fields:
      - {name: email, kind: email, label: {nb: E-post, en: E-mail}, required: true}
"""
KARI = {"name": "Kari Nordmann", "email": "kari@example.no", "message": "Hei, har dere åpent på lørdag?"}


TABLES = [model.__table__ for model in (Company, Site, Purpose, ConsentText, Form, FormVersion)]
LOADED: list[list[dict[str, Any]]] = []


@pytest.fixture
def site(app: Flask, request: pytest.FixtureRequest) -> Flask:
    """A site of its own origin, with the forms kontakt, ung (asks for an age statement) and stengt (closed).

    Its definitions are read once; what that left in an empty database is written again for every other test.
    """
    if "demo" in request.fixturenames:
        load(app, MINIMAL + AGED + CLOSED)
    elif LOADED:
        write(app)
    else:
        load(app, MINIMAL + AGED + CLOSED)
        LOADED.extend(rows_of(app, table) for table in TABLES)
    return app


def rows_of(app: Flask, table: Any) -> list[dict[str, Any]]:
    with app.app_context():
        rows = [dict(row) for row in db.session.execute(select(table).order_by(*table.primary_key)).mappings()]
    numbers = [row.pop("id") for row in rows if "id" in row]
    assert numbers in ([], list(range(1, len(rows) + 1)))  # the numbers they get again in another empty database
    return rows


def write(app: Flask) -> None:
    with app.app_context(), db.engine.begin() as connection:
        for table, rows in zip(TABLES, LOADED, strict=True):
            connection.execute(insert(table), rows)


def load(app: Flask, text: str) -> list[str]:
    with app.app_context():
        logos = Logos()
        changes = loading.load(definitions.parse(text, logos.mistakes), logos)
        db.session.commit()
        catalogue().forget()
        return changes


@pytest.fixture
def post(site: Flask, client: FlaskClient) -> Callable[..., TestResponse]:
    """post(form="kontakt", data, **headers): as a browser on the company's site, unless told otherwise."""

    def send(
        data: Any = None, form: str = "kontakt", headers: dict[str, str] | None = None, **rest: Any
    ) -> TestResponse:
        usual = {"Origin": SITE, "Sec-Fetch-Site": "cross-site", "Accept": "text/html"}
        given = {name: value for name, value in {**usual, **(headers or {})}.items() if value}
        return client.post(
            f"/f/{form}", data=KARI if data is None and "json" not in rest else data, headers=given, **rest
        )

    return send


@pytest.fixture
def kept(app: Flask) -> Callable[[], list[Submission]]:
    """Every submission in the database, oldest first."""

    def look() -> list[Submission]:
        with app.app_context():
            rows = list(db.session.scalars(select(Submission).order_by(Submission.id)))
            db.session.expunge_all()
            return rows

    return look


@pytest.fixture
def unread(app: Flask) -> Callable[[], list[UnreadBody]]:
    """Every body that waits to be looked at."""

    def look() -> list[UnreadBody]:
        with app.app_context():
            rows = list(db.session.scalars(select(UnreadBody).order_by(UnreadBody.id)))
            db.session.expunge_all()
            return rows

    return look


@pytest.fixture
def token(site: Flask, client: FlaskClient) -> Callable[..., str]:
    """token(age=seconds): a token of the form kontakt, that old."""
    import time_machine

    def issue(age: float = 10, form: str = "kontakt", lang: str = "nb") -> str:
        import time

        with time_machine.travel(time.time() - age, tick=False):
            answer = client.get(f"/f/{form}/token?lang={lang}")
        word: str = answer.get_json()["token"]
        return word

    return issue
