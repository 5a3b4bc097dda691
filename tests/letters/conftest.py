from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import letters
from app.contacts.models import Contact
from app.extensions import db
from app.letters import compose
from app.letters.models import Letter
from app.sites.models import Company, Site
from tests.letters.server import MailServer
from tests.support.mailbox import Mailbox

RECEIPT = {"name": "Nyhetsbrev", "event": "0198", "hash": "ab12", "url": "http://localhost/receipt/0198"}
LOOSE = {
    "confirm": {"purposes": ["Nyhetsbrev"], "url": "http://localhost/confirm/word"},
    "receipt_confirmed": {"purposes": ["Nyhetsbrev"], "receipts": [RECEIPT]},
    "receipt_withdrawn": {"purposes": ["Nyhetsbrev"], "receipts": [RECEIPT]},
    "lost_link": {"url": "http://localhost/preferences/word"},
    "staff_submission": {
        "form": "Kontakt",
        "at": None,
        "answers": [{"label": "Melding", "value": "Hei"}],
        "asked": [],
        "masked": False,
        "url": "http://localhost/admin/submissions/1",
    },
}


@pytest.fixture
def mailbox(app: Flask) -> Mailbox:
    """Letters that were made up for a test need not be whole."""
    return Mailbox(Path(app.config["MAIL_URL"].removeprefix("file:")))


@pytest.fixture
def post(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """post(kind, **draft): have such a letter sent to Kari; returns its id. No keywords: it is no longer wanted."""
    with app.app_context():
        company = Company(slug="f", name="Fjordlys Interiør AS", postal_address="Havnegata 1\n5003 Bergen")
        db.session.add(company)
        db.session.flush()
        policies = {"nb": "https://fjordlys.example/personvern", "en": "https://fjordlys.example/en/privacy"}
        site = Site(slug="fjordlys", company_id=company.id, name="Fjordlys", origin="http://f", policy_urls=policies)
        db.session.add_all([site, Contact(address="kari@example.no")])
        db.session.commit()

    def write(kind: str, lang: str = "nb", **draft: Any) -> int:
        given = {"to": "kari@example.no", "context": LOOSE[kind], **draft}
        wanted = compose.Draft(**given) if draft.get("to", "kari") else None
        monkeypatch.setitem(compose.COMPOSERS, kind, lambda _letter: wanted)
        with app.app_context():
            contact, site = db.session.scalar(db.select(Contact)), db.session.scalar(db.select(Site))
            letter = letters.write(kind, contact=contact, site=site, lang=lang, refs={})
            db.session.commit()
            return letter.id

    return write


@pytest.fixture
def letter(app: Flask) -> Callable[[int], Letter]:
    """letter(id): its row, as it stands."""

    def read(letter_id: int) -> Letter:
        with app.app_context():
            return db.session.get_one(Letter, letter_id)

    return read


@pytest.fixture
def smtp() -> Iterator[MailServer]:
    """A mail server on this machine."""
    server = MailServer()
    yield server
    server.stop()
