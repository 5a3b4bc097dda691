"""What an event is bound to by its hash alone: the words that were shown, the form, the personal evidence."""

import pytest
from sqlalchemy import text

from app.consent import ledger, texts, verify
from app.consent.models import ConsentEvidence, Purpose
from app.contacts.service import meet
from app.crypto import keyring
from app.extensions import db
from app.submissions import published
from app.submissions.models import Form, FormVersion
from tests.consent.test_ledger import broken, context, seal, tamper

__all__ = ["context"]

SAID = "Ja takk til nyhetsbrev"
DEFINITION = {"form": "nyhetsbrev", "consents": [{"label": "Nyhetsbrev på mail", "ticked": False}]}


@pytest.fixture
def asked(context):
    """What Kari asked for with a form: the event's id."""
    db.session.add(Purpose(slug="newsletter", names={"nb": "Nyhetsbrev"}))
    db.session.add(form := Form(slug="nyhetsbrev", site_id=1))
    db.session.flush()
    shown = texts.publish("newsletter", "nb", SAID)
    name = published.fingerprint(DEFINITION)
    db.session.add(FormVersion(form_id=form.id, number=1, hash=name, definition=DEFINITION))
    words = {"text_hash": shown.hash, "text_version": 1, "text_lang": "nb", "form_hash": name, "site": "s"}
    kari = meet("kari@example.no", "kari@example.no", "nb", 1)
    facts = {"address": "kari@example.no", "ip": "192.0.2.0/24", "note": "blåbær"}
    event = ledger.append(
        kari, "newsletter", "requested", actor="subject", method="form_checkbox", facts=facts, **words
    )
    db.session.commit()
    seal()
    return event.id


def change_the_words():
    tamper("consent_text", "UPDATE consent_text SET text = 'Ja takk til alt'")


def test_what_is_as_it_was_is_in_order(asked):
    assert verify.verify(keyring()) == verify.Report(sealed=1, waiting=0, seals=1)


def test_changed_words_are_named(asked):
    change_the_words()
    assert broken() == f"the words of consent text {ledger.find(asked).text_hash} have been changed"


def test_removed_words_are_named(asked):
    tamper("consent_text", "DELETE FROM consent_text")
    assert broken() == f"the words that event {asked} was about have been removed"


def test_a_changed_form_is_named(asked):
    tamper("form_version", """UPDATE form_version SET definition = '{"form": "nyhetsbrev"}'""")
    assert broken() == "version 1 of form nyhetsbrev has been changed"


def test_a_removed_form_is_named(asked):
    tamper("form_version", "DELETE FROM form_version")
    assert broken() == f"the form that event {asked} came with has been removed"


def test_changed_evidence_is_named(asked):
    db.session.execute(text("""UPDATE consent_evidence SET facts = '{"address": "ola@example.no"}'"""))
    db.session.commit()
    assert broken() == f"the evidence of event {asked} has been changed"


def test_evidence_of_nothing_is_named(asked):
    tamper("seal", "INSERT INTO consent_evidence (event_id, contact_id, salt, facts) VALUES ('none', 1, '', '{}')")
    assert broken() == "there is evidence of event none, which does not exist"


def test_erased_evidence_is_as_it_should_be(asked):
    db.session.query(ConsentEvidence).delete()
    db.session.commit()
    assert verify.verify(keyring()).sealed == 1


def test_the_command_line_says_so(app, asked):
    change_the_words()
    failed = app.test_cli_runner().invoke(args=["ledger", "verify"])
    assert failed.exit_code == 1 and failed.output.startswith("BROKEN: the words of consent text")


# The receipt


def test_a_receipt_shows_the_words_and_that_they_are_unaltered(client, asked):
    page = client.get(f"/receipt/{asked}?lang=en").text
    assert SAID in page and "Unaltered." in page and "does not match its seal" not in page


def test_a_receipt_says_when_its_words_were_changed(client, asked):
    change_the_words()
    page = client.get(f"/receipt/{asked}?lang=en").text
    assert "This record does not match its seal." in page and "Unaltered." not in page


def test_a_receipt_says_when_its_words_are_gone(client, asked):
    tamper("consent_text", "DELETE FROM consent_text")
    assert "This record does not match its seal." in client.get(f"/receipt/{asked}?lang=en").text


def test_the_receipt_for_programs_says_so_too(client, asked):
    change_the_words()
    assert client.get(f"/receipt/{asked}.json").get_json()["unaltered"] is False
