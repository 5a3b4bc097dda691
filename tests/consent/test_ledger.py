"""The ledger only grows, the database refuses to change it, and whoever changes it all the same is found out."""

import json
from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DatabaseError

from app.audit.models import AuditEntry
from app.clock import now
from app.consent import jobs, ledger, seals, texts, verify
from app.consent.models import ConsentEvent, ConsentEvidence, Seal
from app.contacts.service import meet
from app.crypto import Keyring, keyring
from app.extensions import db
from app.sites.models import Company, Site

TRIGGERS = {
    "sqlite": ("DROP TRIGGER {table}_no_update", "DROP TRIGGER {table}_no_delete"),
    "postgresql": ("ALTER TABLE {table} DISABLE TRIGGER USER",),
}


@pytest.fixture
def context(app):
    with app.app_context():
        company = Company(slug="c", name="C")
        db.session.add(Site(slug="s", name="S", origin="https://s.example", company=company))
        db.session.commit()
        yield


def write(count=1, address="kari@example.no"):
    contact = meet(address, address, "nb", 1)
    events = [
        ledger.append(contact, "newsletter", "requested", actor="subject", method="form_checkbox", facts={"n": "x"})
        for _ in range(count)
    ]
    db.session.commit()
    return [event.id for event in events]


def seal():
    jobs.seal()


def tamper(table, statement, **values):
    """What somebody with the database's own rights could do, triggers and foreign keys out of the way."""
    db.session.rollback()
    dialect = db.engine.dialect.name
    with db.engine.connect() as connection:
        if dialect == "sqlite":
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        for drop in TRIGGERS[dialect] if dialect == "sqlite" else ():
            connection.execute(text(drop.format(table=table)))
        connection.execute(text(statement), values)
        connection.commit()
        connection.invalidate()
    db.session.expire_all()


def broken():
    with pytest.raises(verify.Broken) as error:
        verify.verify(keyring())
    db.session.rollback()
    return str(error.value)


def test_an_untouched_ledger_is_in_order(context):
    write(5)
    seal()
    write(2)
    assert verify.verify(keyring()) == verify.Report(sealed=5, waiting=2, seals=1)


@pytest.mark.parametrize("table", ["consent_event", "seal", "sealed_event", "audit_entry", "consent_text"])
@pytest.mark.parametrize("act", ["UPDATE {table} SET {column} = {column}", "DELETE FROM {table}"])
def test_the_database_refuses_to_change_or_remove(context, table, act):
    from app import audit
    from app.consent import texts
    from app.consent.models import Purpose

    write()
    seal()
    db.session.add(Purpose(slug="newsletter", names={}))
    db.session.flush()
    texts.publish("newsletter", "nb", "Ja takk")
    audit.record("cli", "test")
    db.session.commit()
    column = {"seal": "count", "sealed_event": "position", "audit_entry": "note", "consent_text": "text"}.get(
        table, "type"
    )
    with pytest.raises(DatabaseError, match="append-only"):
        db.session.execute(text(act.format(table=table, column=column)))
    db.session.rollback()


def test_a_changed_event_is_named(context):
    _first, second, _third = write(3)
    seal()
    tamper("consent_event", "UPDATE consent_event SET purpose = 'offers' WHERE id = :id", id=second)
    assert second in broken()


def test_an_event_changed_before_it_was_sealed_is_named(context):
    (only,) = write()
    tamper("consent_event", "UPDATE consent_event SET type = 'confirmed' WHERE id = :id", id=only)
    assert only in broken()


def test_a_removed_event_leaves_a_gap_that_is_found(context):
    _, second, _ = write(3)
    seal()
    tamper("consent_event", "DELETE FROM consent_event WHERE id = :id", id=second)
    assert "event 1 of seal 1 has been removed" in broken()


def test_an_event_removed_together_with_its_place_is_found(context):
    _, second, _ = write(3)
    seal()
    tamper("consent_event", "DELETE FROM consent_event WHERE id = :id", id=second)
    tamper("sealed_event", "DELETE FROM sealed_event WHERE event_id = :id", id=second)
    assert "not all of them are there" in broken()


def test_a_removed_seal_is_found(context):
    write()
    seal()
    write()
    seal()
    tamper("seal", "DELETE FROM seal WHERE number = 1")
    assert "seal 1 is missing" in broken()


def test_a_seal_with_a_forged_signature_is_found(context):
    write()
    seal()
    tamper("seal", "UPDATE seal SET signature = :forged", forged=bytes(64))
    assert "the signature of seal 1 is wrong" in broken()


def test_a_seal_that_was_made_anew_does_not_follow_the_one_before(context):
    for _ in range(2):
        write()
        seal()
    tamper("seal", "UPDATE seal SET previous = :other WHERE number = 2", other="0" * 64)
    assert "seal 2 does not follow seal 1" in broken()


def test_more_than_one_batch_is_sealed_batch_by_batch(context, monkeypatch):
    monkeypatch.setattr(seals, "BATCH", 2)
    write(5)
    assert seals.seal_waiting() == 2
    db.session.commit()
    assert verify.verify(keyring()) == verify.Report(sealed=2, waiting=3, seals=1)
    seal()
    assert verify.verify(keyring()) == verify.Report(sealed=5, waiting=0, seals=3)


def test_an_event_that_a_stranger_wrote_into_the_database_is_found(context):
    write()
    row = {c.name: getattr(db.session.query(ConsentEvent).one(), c.name) for c in ConsentEvent.__table__.columns}
    row.update(id="01900000-0000-7000-8000-000000000000", type="confirmed")
    db.session.execute(insert(ConsentEvent).values(row))
    db.session.execute(text("INSERT INTO unsealed_event (event_id) VALUES (:id)"), {"id": row["id"]})
    db.session.commit()
    assert row["id"] in broken()


def test_an_event_hidden_from_the_sealer_is_found(context):
    write(2)
    db.session.execute(text("DELETE FROM unsealed_event"))
    db.session.commit()
    assert "2 events are written, 0 are sealed and 0 wait" in broken()


def test_an_event_that_nobody_seals_for_a_day_is_found(context):
    (only,) = write()
    with time_machine.travel(now() + timedelta(hours=23)):
        assert verify.verify(keyring()).waiting == 1
    with time_machine.travel(now() + timedelta(hours=25)):
        assert f"event {only} has waited" in broken()


def test_an_unknown_key_is_named(app, context):
    write()
    seal()
    app.config["SECRET_KEY"] = "another-secret-of-at-least-32-characters"
    from app import crypto

    crypto.init_app(app)
    assert "unknown key" in broken()


def test_what_is_under_a_key_that_we_do_not_have_is_not_called_genuine(context):
    (only,) = write()
    assert ledger.genuine(keyring(), ledger.find(only))
    assert not ledger.genuine(Keyring("another-secret-of-at-least-32-characters", []), ledger.find(only))


def test_what_was_hashed_and_signed_years_ago_is_hashed_and_signed_alike_today():
    """One byte more or less, and every event and every seal there is would count as changed."""
    event = [1 if name in {"at", "text_version"} else name for name in ledger.FIELDS]
    assert ledger.body_of(event) == (
        b'{"actor":"actor","at":1,"evidence_hash":"evidence_hash","form_hash":"form_hash","id":"id","kid":"kid",'
        b'"method":"method","policy_version":"policy_version","purpose":"purpose","render":"render",'
        b'"responds_to":"responds_to","site":"site","subject":"subject","text_hash":"text_hash",'
        b'"text_lang":"text_lang","text_version":1,"type":"type","v":1}'
    )
    seal = Seal(number=2, previous="p", count=1, root="r", kid="k", at=datetime(2026, 1, 1, tzinfo=UTC))
    assert seals.body(seal) == b'{"at":1767225600000,"count":1,"kid":"k","number":2,"previous":"p","root":"r","v":1}'
    text = texts.fingerprint("newsletter", "nb", "Ja takk")
    assert text == "3df030ed0812fa8e644a4647b02dc6803a19385beccf99db693d8aaec252d3d5"
    evidence = ledger.evidence_hash("salt", {"ip": "192.0.2.0/24"})
    assert evidence == "1a5fe720564450e6247d7296864f4bcc275adb9d158719b193b9874cc9e512e6"
    ring = Keyring("an-old-secret-of-thirty-two-characters", [])
    kid, key = ring.current(ledger.KEY)
    assert kid == "Ar8XAQ"
    assert ledger.mac(key, b"x") == "d4ef9e6c812dabdcc15336b74005a6fcd55396c68e974f6adb7c48133ae9485d"


def test_a_rotated_key_still_knows_what_the_old_one_wrote(app, context):
    write(2)
    seal()
    app.config.update(SECRET_KEYS_OLD=[app.config["SECRET_KEY"]], SECRET_KEY="another-secret-of-at-least-32-characters")
    from app import crypto

    crypto.init_app(app)
    write(1, "ola@example.no")
    seal()
    assert verify.verify(keyring()).sealed == 3


def test_erasing_the_evidence_breaks_nothing(context):
    write(3)
    seal()
    db.session.query(ConsentEvidence).delete()
    db.session.commit()
    assert verify.verify(keyring()).sealed == 3


def test_the_event_itself_names_nobody(context):
    (id_,) = write()
    event = ledger.find(id_)
    assert b"kari" not in ledger.body(event)
    evidence = db.session.get(ConsentEvidence, id_)
    assert event.evidence_hash == ledger.evidence_hash(evidence.salt, evidence.facts)


def test_an_outsider_with_the_public_key_can_check_a_receipt(app, client, context):
    """Written against the description alone: SHA-256, RFC 6962, Ed25519, and nothing of ours."""
    ids = write(5)
    seal()
    found = client.get(f"/receipt/{ids[3]}", headers={"Accept": "application/json"}).get_json()["proof"]
    keys = {key["kid"]: key["x"] for key in client.get("/.well-known/samtykke-keys.json").get_json()["keys"]}

    def compact(value):
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    climbing = sha256(b"\x00" + compact(found["record"]) + bytes.fromhex(found["mac"])).digest()
    for step in found["path"]:
        (side, neighbour), *_ = step.items()
        pair = bytes.fromhex(neighbour) + climbing if side == "left" else climbing + bytes.fromhex(neighbour)
        climbing = sha256(b"\x01" + pair).digest()
    assert climbing.hex() == found["seal"]["root"]
    raw = {
        name: urlsafe_b64decode(value + "==")
        for name, value in (("key", keys[found["seal"]["kid"]]), ("sig", found["signature"]))
    }
    Ed25519PublicKey.from_public_bytes(raw["key"]).verify(raw["sig"], compact(found["seal"]))


def test_the_receipt_of_an_event_says_that_its_seal_is_forged(client, context):
    (only,) = write()
    seal()
    assert b'role="alert"' not in client.get(f"/receipt/{only}").data
    tamper("seal", "UPDATE seal SET signature = :forged", forged=bytes(64))
    assert client.get(f"/receipt/{only}.json").get_json()["unaltered"] is False
    assert b'role="alert"' in client.get(f"/receipt/{only}").data


def test_the_receipt_of_an_event_says_that_its_seal_was_made_for_others(client, context):
    first, second = write(2)
    seal()
    tamper("sealed_event", "UPDATE sealed_event SET position = position + 2")
    for event in (first, second):
        assert client.get(f"/receipt/{event}.json").get_json()["unaltered"] is False


def test_verify_says_so_on_the_command_line(app, context):
    (only,) = write()
    runner = app.test_cli_runner()
    assert runner.invoke(args=["ledger", "verify"]).output.startswith("OK: 0 sealed events")
    tamper("consent_event", "UPDATE consent_event SET type = 'confirmed' WHERE id = :id", id=only)
    failed = runner.invoke(args=["ledger", "verify"])
    assert failed.exit_code == 1 and only in failed.output


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_who_looks_at_a_persons_history_is_written_down(app, context, options):
    write()
    subject = meet("kari@example.no", "", "nb", 1).subject
    db.session.rollback()
    shown = app.test_cli_runner().invoke(args=["ledger", "show", "Kari@example.no", *options])
    assert shown.exit_code == 0 and "requested" in shown.output
    row = db.session.scalars(select(AuditEntry)).one()
    assert (row.actor, row.action, row.subject) == ("cli", "ledger.show", subject)
    assert "kari" not in f"{row.object}{row.note}"


def test_so_is_who_looked_for_somebody_unknown(app, context):
    assert "Nothing is known." in app.test_cli_runner().invoke(args=["ledger", "show", "ola@example.no"]).output
    assert db.session.scalars(select(AuditEntry)).one().subject == ""


# Many at once


def entry(contact, **facts):
    return ledger.Entry(contact.id, contact.subject, "newsletter", "imported", "cli", "import", facts or None)


def test_what_is_written_many_at_once_is_as_genuine_as_one_by_one(context):
    kari, ola = (meet(address, address, "nb", 1) for address in ("kari@example.no", "ola@example.no"))
    ledger.append_many([entry(kari, row=1), entry(ola), entry(kari, row=3)])
    db.session.commit()
    events = ledger.events(kari.subject)
    assert [event.type for event in events] == ["imported", "imported"]
    assert all(ledger.genuine(keyring(), event) for event in [*events, *ledger.events(ola.subject)])
    assert verify.verify(keyring()).waiting == 3
    for event, row in zip(events, (1, 3), strict=True):
        evidence = db.session.get(ConsentEvidence, event.id)
        assert evidence.facts == {"row": row} and evidence.contact_id == kari.id
        assert ledger.evidence_hash(evidence.salt, evidence.facts) == event.evidence_hash
    assert db.session.scalars(select(ConsentEvidence).where(ConsentEvidence.contact_id == ola.id)).all() == []


def test_among_many_every_event_is_later_than_the_persons_last(context, monkeypatch):
    write(1)
    kari = meet("kari@example.no", "", "nb", 1)
    slow = ledger.events(kari.subject)[0].at - timedelta(hours=1)
    monkeypatch.setattr(ledger, "now", lambda: slow)
    ledger.append_many([entry(kari), entry(kari)])
    db.session.commit()
    times = [event.at for event in ledger.events(kari.subject)]
    assert times == [times[0] + timedelta(milliseconds=n) for n in range(3)]


def test_nobody_among_none(context):
    ledger.append_many([])
    assert verify.verify(keyring()).waiting == 0
