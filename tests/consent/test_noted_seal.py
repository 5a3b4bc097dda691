"""The newest seal is noted outside of the database: nothing in the database could tell that its end was cut off."""

import pytest
from flask import current_app
from sqlalchemy import delete, select

from app.consent import noted, seals, verify
from app.consent.models import ConsentEvent, ConsentEvidence, Seal
from app.crypto import keyring
from app.extensions import db
from app.journal import lines
from tests.consent.test_ledger import broken, context, seal, tamper, write

__all__ = ["context"]


def sealed(times):
    for _ in range(times):
        write()
        seal()


def notes():
    return sorted(path.name for path in lines.folder().glob("seal*"))


def cut_off(number):
    """The newest seal goes, and its places and events with it."""
    gone = db.session.scalars(select(ConsentEvent.id).order_by(ConsentEvent.id.desc())).first()
    tamper("sealed_event", "DELETE FROM sealed_event WHERE seal = :number", number=number)
    db.session.execute(delete(ConsentEvidence).where(ConsentEvidence.event_id == gone))
    db.session.commit()
    tamper("consent_event", "DELETE FROM consent_event WHERE id = :id", id=gone)
    tamper("seal", "DELETE FROM seal WHERE number = :number", number=number)


def test_one_small_file_names_the_newest(context):
    sealed(3)
    assert notes() == ["seal-3"]
    assert noted.newest() == noted.Noted(3, seals.digest(db.session.get(Seal, 3)))
    assert verify.verify(keyring()).seals == 3


def test_an_end_that_was_cut_off_is_found(context):
    sealed(3)
    cut_off(3)
    said = broken()
    assert said.startswith("the newest seals are missing: seal 3 was noted in")
    assert "flask requests replay" in said and str(lines.folder() / "seal-3") in said


def test_and_is_not_covered_by_what_comes_after(context):
    sealed(2)
    cut_off(2)
    sealed(3)
    assert notes() == ["seal-2"]
    assert "seal 2 is not the one that was noted" in broken()


def test_whoever_knows_why_removes_the_file_and_goes_on(context):
    sealed(2)
    cut_off(2)
    (lines.folder() / "seal-2").unlink()
    assert verify.verify(keyring()).seals == 1
    sealed(1)
    assert notes() == ["seal-2"] and verify.verify(keyring()).seals == 2


def test_an_older_number_is_never_put_over_a_newer_one(context):
    sealed(2)
    older = db.session.get(Seal, 1)
    noted.write(noted.Noted(1, seals.digest(older)))
    assert noted.newest().number == 2
    sealed(1)
    assert notes() == ["seal-3"]


def test_what_another_machine_sealed_last_is_no_fault(context):
    sealed(3)
    (lines.folder() / "seal-3").rename(lines.folder() / "seal-1")
    (lines.folder() / "seal-1").write_text(seals.digest(db.session.get(Seal, 1)), encoding="ascii")
    assert verify.verify(keyring()).seals == 3


def test_without_a_note_there_is_nothing_to_compare(context):
    assert noted.newest() is None
    assert verify.verify(keyring()).seals == 0


def test_sealing_goes_on_where_the_note_cannot_be_written(context):
    current_app.config["JOURNAL_DIR"] = "/dev/null/journal"
    sealed(2)
    assert verify.verify(keyring()).seals == 2


def test_a_note_that_cannot_be_read_is_no_seal_of_ours(context):
    sealed(1)
    (lines.folder() / "seal-1").write_bytes(b"\xff\n")
    sealed(1)
    assert notes() == ["seal-1"] and "seal 1 is not the one that was noted" in broken()


@pytest.mark.parametrize("stray", ["seal-1.7.8.tmp", "seal-x", "seal-99.bak", "seal-007"])
def test_what_else_lies_there_is_left_alone(context, stray):
    sealed(1)
    (lines.folder() / stray).write_text("?", encoding="ascii")
    sealed(1)
    assert notes() == sorted(["seal-2", stray]) and verify.verify(keyring()).seals == 2
