"""The audit trail."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app import audit
from app.audit.models import AuditEntry
from app.extensions import db


def entries():
    return list(db.session.execute(select(AuditEntry.actor, AuditEntry.action, AuditEntry.subject)).all())


def test_an_act_is_on_record_exactly_when_it_happened(app):
    with app.app_context():
        audit.record("staff:1", "tried_again")
        db.session.rollback()
        assert entries() == []
        audit.record("staff:1", "tried_again", "a-subject")
        db.session.commit()
        assert entries() == [("staff:1", "tried_again", "a-subject")]


def test_a_look_is_on_record_even_when_the_page_then_fails(app):
    with app.app_context():
        audit.look("staff:1", "looked_at_contact", "a-subject")
        db.session.rollback()
        assert entries() == [("staff:1", "looked_at_contact", "a-subject")]


@pytest.mark.parametrize("change", ["UPDATE audit_entry SET actor = 'staff:2'", "DELETE FROM audit_entry"])
def test_the_database_refuses_to_change_the_trail(app, change):
    with app.app_context():
        audit.look("staff:1", "looked_at_contact")
        with pytest.raises(DBAPIError, match="append-only"):
            db.session.execute(text(change))
        db.session.rollback()
        assert len(entries()) == 1
