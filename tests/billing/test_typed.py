"""Numbers that people type in our forms are checked, and the result is kept with its date."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from app import contacts
from app.billing import typed
from app.billing.taxid import INVALID, UNCHECKED, VALID
from app.clock import now
from app.contacts.models import Contact
from app.extensions import db
from app.sites.models import Site
from app.submissions import service
from app.submissions.ids import new_id
from app.submissions.models import Form, FormVersion, Submission
from tests.conftest import KARI, OLA

pytestmark = pytest.mark.usefixtures("demo")
RIGHT, WRONG = "988 077 917", "988 077 918"


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("NO 988 077 917 MVA", "no_vat"),
        ("988077917mva", "no_vat"),
        ("988 077 917", "no_orgnr"),
        ("988.077.917", "no_orgnr"),
        ("DE 136 695 976", "eu_vat"),
        ("SE123456789701", "eu_vat"),
        ("CHE-100.155.212 MWST", "ch_vat"),
        ("GB 980 7806 84", "gb_vat"),
        ("US 12-3456789", ""),
        ("98807791", ""),
        ("", ""),
        ("æ" * 5000, ""),
    ],
)
def test_what_a_number_is_shows_in_how_it_is_written(number: str, kind: str) -> None:
    assert typed.kind_of(number) == kind


def meet(address: str = KARI) -> Contact:
    site = db.session.query(Site).first()
    return contacts.meet(address, address, "nb", site.id)


def told(contact: Contact, number: str, overwrite: bool = False) -> None:
    contacts.volunteer(contact, {"vat_number": number}, "submission:7", overwrite)
    typed.note(contact, {}, "submission:7", overwrite)


def found(contact: Contact) -> list[tuple[str, str, str, str]]:
    db.session.expire_all()
    return [(row.field, row.value, row.kind, row.result) for row in typed.checks(contact)]


@pytest.mark.parametrize(
    ("number", "kind", "result"),
    [
        ("NO988077917MVA", "no_vat", VALID),
        ("NO988077918MVA", "no_vat", INVALID),
        (RIGHT, "no_orgnr", VALID),
        ("000 000 000", "no_orgnr", INVALID),
        ("DE136695976", "eu_vat", VALID),
        ("DE136695977", "eu_vat", INVALID),
        ("US123456789", "", UNCHECKED),
    ],
)
def test_a_number_is_checked_and_the_result_kept(app: Flask, number: str, kind: str, result: str) -> None:
    with app.app_context():
        kari, ola = meet(), meet(OLA)
        told(kari, number)
        assert found(kari) == [("vat_number", number, kind, result)]
        assert found(ola) == []
        assert abs(typed.checks(kari)[0].checked_at - now()) < timedelta(minutes=1)
        assert typed.checks(kari)[0].source == "submission:7"


def test_the_date_stands_until_the_number_changes(app: Flask) -> None:
    with app.app_context():
        kari = meet()
        told(kari, RIGHT)
        first = typed.checks(kari)[0].checked_at
        with time_machine.travel(now() + timedelta(days=3)):
            told(kari, RIGHT, overwrite=True)
            assert typed.checks(kari)[0].checked_at == first
            told(kari, WRONG, overwrite=True)
            db.session.expire_all()
            assert typed.checks(kari)[0].checked_at > first + timedelta(days=2)
        assert found(kari) == [("vat_number", WRONG, "no_orgnr", INVALID)]


def test_what_anybody_may_type_replaces_no_check(app: Flask) -> None:
    with app.app_context():
        kari = meet()
        told(kari, RIGHT)
        typed.note(kari, {"orgnr": RIGHT}, "submission:7", overwrite=False)
        told(kari, WRONG)
        typed.note(kari, {"orgnr": WRONG, "empty": " "}, "submission:8", overwrite=False)
        assert [(field, value) for field, value, _, _ in found(kari)] == [("orgnr", RIGHT), ("vat_number", RIGHT)]
        typed.note(kari, {"orgnr": WRONG}, "submission:8", overwrite=True)
        assert found(kari)[0] == ("orgnr", WRONG, "no_orgnr", INVALID)


def test_whoever_is_forgotten_leaves_no_number(app: Flask) -> None:
    with app.app_context():
        kari = meet()
        told(kari, RIGHT)
        contacts.forget(kari)
        db.session.commit()
        assert db.session.query(typed.ContactTaxCheck).count() == 0


def sent(answers: dict[str, str]) -> Submission:
    """A submission of a form that asks for an organisation number and a VAT number."""
    form = db.session.query(Form).filter_by(slug="kontakt").one()
    assert form.version
    more = [
        {"name": "orgnr", "kind": "org_number", "label": {"nb": "Org.nr."}, "required": False},
        {"name": "vat_number", "kind": "text", "label": {"nb": "MVA-nummer"}, "required": False},
    ]
    definition = {**form.version.definition, "fields": [*form.version.definition["fields"], *more], "notify": []}
    version = FormVersion(form_id=form.id, number=2, hash="2" * 64, definition=definition)
    db.session.add(version)
    db.session.flush()
    row = Submission(id=new_id(), form_id=form.id, version_id=version.id, lang="nb", address=KARI, asked={})
    row.answers, row.dedupe, row.body_hash, row.mac = {"email": KARI, **answers}, "x", "x", "x"
    db.session.add(row)
    db.session.flush()
    return row


def test_the_worker_checks_what_a_form_brings(app: Flask) -> None:
    with app.app_context():
        service.process(sent({"orgnr": RIGHT, "vat_number": "NO988077918MVA"}))
        kari = contacts.find(KARI)
        assert kari
        assert [(field, result) for field, _, _, result in found(kari)] == [("orgnr", VALID), ("vat_number", INVALID)]
