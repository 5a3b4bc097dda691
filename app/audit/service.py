"""Writing the audit trail. There is no verb that changes or removes a row, and the database would refuse it."""

from __future__ import annotations

from sqlalchemy import insert

from app.audit.models import AuditEntry
from app.clock import now
from app.extensions import db


def record(actor: str, action: str, subject: str = "", object: str = "", note: str = "") -> None:
    """Note an act in the caller's transaction: it is on record exactly when it happened.

    `subject` is the person's random word, `object` names a row such as `submission:17`; neither is personal data.
    """
    db.session.add(AuditEntry(actor=actor, action=action, subject=subject, object=object, note=note))


def look(actor: str, action: str, subject: str = "", object: str = "", note: str = "") -> None:
    """Note a look in a transaction of its own, before anything is shown: a page that only reads commits nothing."""
    row = {"at": now(), "actor": actor, "action": action, "subject": subject, "object": object, "note": note}
    with db.engine.begin() as connection:
        connection.execute(insert(AuditEntry).values(row))
