"""Receipts: signed, without a name, readable, and checked by somebody who knows nothing of us."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import text

from app.extensions import db
from app.privacy import receipts, service
from app.privacy.models import PrivacyReceipt
from app.privacy.receipts.views import paper
from tests.privacy.papers import ADDRESS, NAME, done, erased, opened

pytestmark = pytest.mark.usefixtures("demo")


@pytest.fixture
def word(app):
    """The word of an erasure that has its receipt."""
    with app.app_context():
        request = erased()
        receipts.write(request)
        db.session.commit()
        return request.word


def get(client, word, form=".json", **query):
    return client.get(f"/privacy/receipt/{word}{form}", query_string=query)


def test_a_receipt_is_signed_and_says_what_was_done_where(client, word):
    answer = get(client, word).json
    assert answer["genuine"] is True
    said = {held["holder"]: held for held in answer["statement"]["holders"]}
    assert next(iter(said)) == "own"
    assert said["stripe"]["acts"][0]["law"] == "bokføringsloven § 13"
    assert said["stripe"]["acts"][0]["until"] == "2031-12-31"
    assert said["google_contacts"]["backups"] is None, "nothing was erased there"


def test_backups_are_told_with_their_last_day_where_one_is_named(client, word):
    said = {held["holder"]: held["backups"] for held in get(client, word).json["statement"]["holders"]}
    assert said["own"]["days"] == 7 and said["own"]["last_day"]
    assert said["mailchimp"] == {
        "days": None,
        "last_day": None,
        "source": "https://mailchimp.com/legal/data-processing-addendum/",
    }


@pytest.mark.settings(BACKUP_DAYS="mailchimp=30 own=14")
def test_the_company_may_know_better_how_long_backups_live(client, word):
    said = {held["holder"]: held["backups"] for held in get(client, word).json["statement"]["holders"]}
    assert (said["mailchimp"]["days"], said["own"]["days"]) == (30, 14)


def test_the_same_state_is_written_once_and_a_second_stage_once_more(app):
    with app.app_context():
        request = erased()
        first = receipts.write(request)
        assert receipts.write(request) is first
        stripe = next(task for task in request.tasks if task.holder == "stripe")
        service.mark(stripe, "verified", "system", left=0)
        service.move(request, "closed", "system")
        second = receipts.write(request)
        assert (first.number, second.number) == (1, 2)
        assert receipts.latest(request) is second
        assert first.statement["state"] == "completed_with_retention"


def test_an_earlier_receipt_can_still_be_read(app, client, word):
    with app.app_context():
        request = receipts.service.find(word)
        service.move(request, "closed", "system")
        receipts.write(request)
        db.session.commit()
    assert get(client, word).json["statement"]["number"] == 2
    assert get(client, word, number=1).json["statement"]["number"] == 1
    assert get(client, word, number=3).status_code == 404
    assert "number=1" in get(client, word, "").text


def test_nothing_about_the_person_is_in_any_form(app, client, word):
    for form in ("", ".json"):
        said = get(client, word, form).text
        assert ADDRESS not in said and "Kari" not in said
    with app.app_context():
        assert ADDRESS not in json.dumps([row.statement for row in db.session.query(PrivacyReceipt)])


@pytest.mark.parametrize(
    ("lang", "words"), [("nb", ["Kvittering", "Datatilsynet"]), ("en", ["Receipt", "Datatilsynet"])]
)
def test_the_page_speaks_both_languages_and_says_how_to_complain(client, word, lang, words):
    page = get(client, word, "", lang=lang)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    for said in words:
        assert said in page.text


def test_a_stranger_and_a_request_without_receipt_are_not_found(app, client):
    with app.app_context():
        unfinished = opened().word
        db.session.commit()
    for word in ("nobody", unfinished):
        for form in ("", ".json", ".pdf"):
            assert get(client, word, form).status_code == 404
    assert get(client, unfinished, ".exe").status_code == 404


def test_a_step_of_a_request_leads_to_the_requests_receipt(client, word):
    step = get(client, word).json["statement"]["events"][0]["id"]
    for form in ("", ".json"):
        answer = client.get(f"/receipt/{step}{form}")
        assert (answer.status_code, answer.location) == (302, f"/privacy/receipt/{word}{form}")


@pytest.mark.parametrize("lang", ["nb", "en"])
def test_the_pdf_is_tagged_and_has_language_and_title(client, word, lang):
    answer = get(client, word, ".pdf", lang=lang)
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF-")
    assert f"/Lang({'nb-NO' if lang == 'nb' else 'en-GB'})".encode() in answer.data
    assert b"/StructTreeRoot" in answer.data
    assert b"pdfuaid:part" in answer.data
    assert answer.data == get(client, word, ".pdf", lang=lang).data, "the same receipt is the same file"


def test_a_company_with_a_name_in_other_letters_gets_its_pdf_too(app):
    with app.app_context(), app.test_request_context("/?lang=nb"):
        request = erased()
        receipt = receipts.write(request)
        from app.sites.models import Site

        db.session.get(Site, request.site_id).company.name = f"{NAME} 漢字 AS"
        assert paper(request, receipt).startswith(b"%PDF-")


def test_an_outsider_can_check_a_receipt_from_its_description_alone(app, client, word, worker):
    with app.app_context():
        from app.consent import seals

        seals.seal_waiting()
        db.session.commit()
    answer = get(client, word).json
    keys = {key["kid"]: key["x"] for key in client.get(answer["keys"]).json["keys"]}
    outsider(answer, keys)
    answer["statement"]["holders"][0]["acts"][0]["found"] = 99
    with pytest.raises(InvalidSignature):
        outsider(answer, keys)


def outsider(answer, keys):
    """Knows the description and the standards; none of our code."""

    def unb64(said):
        return base64.urlsafe_b64decode(said + "=" * (-len(said) % 4))

    def canonical(value):
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    def check(kid, signature, value):
        Ed25519PublicKey.from_public_bytes(unb64(keys[kid])).verify(unb64(signature), canonical(value))

    statement = answer["statement"]
    assert statement["type"] == "samtykke.privacy-receipt"
    check(answer["kid"], answer["signature"], statement)
    steps = {step["event"]: step for step in answer["steps"]}
    assert list(steps) == [event["id"] for event in statement["events"]]
    for event in statement["events"]:
        step = steps[event["id"]]
        salted = step["salt"].encode() + canonical(step["facts"])
        assert hashlib.sha256(salted).hexdigest() == event["facts_hash"]
        proof = step["proof"]
        assert proof["record"]["evidence_hash"] == event["facts_hash"]
        assert proof["record"]["subject"] == statement["request"]
        content = canonical(proof["record"]) + bytes.fromhex(proof["mac"])
        node = hashlib.sha256(b"\x00" + content).digest()
        assert node.hex() == proof["leaf"] and proof["mac"] == event["mac"]
        for neighbour in proof["path"]:
            ((side, other),) = neighbour.items()
            pair = bytes.fromhex(other) + node if side == "left" else node + bytes.fromhex(other)
            node = hashlib.sha256(b"\x01" + pair).digest()
        assert node.hex() == proof["seal"]["root"]
        check(proof["seal"]["kid"], proof["signature"], proof["seal"])


# All of them at once


def test_everything_is_counted_when_it_is_in_order(app, word):
    with app.app_context():
        found = receipts.verify_all()
        assert (found.requests, found.tasks, found.receipts) == (1, 9, 1)
        assert found.steps == 20


def spoil(app, *statements):
    """As somebody with the database's own tools would: past the triggers."""
    with app.app_context():
        if db.engine.dialect.name == "postgresql":
            db.session.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            names = db.session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
            for name in list(names):
                db.session.execute(text(f"DROP TRIGGER {name}"))
            db.session.execute(text("PRAGMA defer_foreign_keys = ON"))
        for statement in statements:
            db.session.execute(text(statement))
        db.session.commit()


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE privacy_task SET state = 'verified' WHERE holder = 'gmail'", "state of task"),
        ("UPDATE privacy_task SET until = NULL WHERE holder = 'stripe'", "until of task"),
        ("UPDATE privacy_task SET \"left\" = 5 WHERE holder = 'mailchimp'", "left of task"),
        ("UPDATE privacy_request SET state = 'completed'", "stands at completed"),
        ("UPDATE privacy_record SET facts = '{}'", "says in full has been changed"),
        ("DELETE FROM privacy_record", "says in full has been removed"),
        ("UPDATE consent_event SET type = 'verified' WHERE type = 'kept'", "has been changed"),
        ("UPDATE privacy_receipt SET statement = '{}'", "the signature of receipt 1"),
        ("UPDATE privacy_receipt SET number = 2", "receipt 1 of request"),
        ("UPDATE privacy_receipt SET kid = 'AAAAAA'", "the signature of receipt 1"),
    ],
)
def test_whatever_is_changed_behind_our_back_is_named(app, word, statement, says):
    spoil(app, statement)
    with app.app_context(), pytest.raises(receipts.Broken, match=says):
        receipts.verify_all()


def test_a_request_that_was_removed_leaves_its_steps_behind(app):
    with app.app_context():
        opened()
        gone = opened().id
        db.session.commit()
    spoil(app, f"DELETE FROM privacy_request WHERE id = {gone}")
    with app.app_context(), pytest.raises(receipts.Broken, match="account for"):
        receipts.verify_all()


def test_a_task_that_moved_without_an_event_is_named(app):
    with app.app_context():
        request = opened()
        done(request, "own", "stop", "done")
        db.session.commit()
    spoil(app, "UPDATE privacy_task SET id = id + 1000")
    with app.app_context(), pytest.raises(receipts.Broken, match="without an event"):
        receipts.verify_all()
