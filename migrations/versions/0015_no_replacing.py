"""SQLite's REPLACE does not take the place of what was written.

It deletes the row that is in its way, and no trigger on DELETE hears of that.
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ROW = ("rowid",)  # SQLite's own number of a row, and the id or the number where that is the primary key
KEYS = {
    "consent_event": (ROW, ("id",)),
    "seal": (ROW,),
    "sealed_event": (ROW, ("seal", "position"), ("event_id",)),
    "audit_entry": (ROW,),
    "consent_text": (ROW, ("hash",), ("purpose", "lang", "version")),
    "form_version": (ROW, ("form_id", "number"), ("form_id", "hash")),
    "register_version": (ROW, ("entry", "version")),
    "privacy_record": (ROW, ("event_id",)),
    "privacy_receipt": (ROW, ("request_id", "number")),
}


def upgrade():
    if op.get_bind().dialect.name == "sqlite":
        for table, keys in KEYS.items():
            op.execute(
                f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
                f"WHEN {' OR '.join(taken(table, key) for key in keys)} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def taken(table, key):
    """A number that has not been given is -1 before the row is written: nothing is in its way."""
    same = " AND ".join(f"{column} = NEW.{column}" for column in key)
    given = "NEW.rowid <> -1 AND " if key == ROW else ""
    return f"{given}EXISTS (SELECT 1 FROM {table} WHERE {same})"


def downgrade():
    if op.get_bind().dialect.name == "sqlite":
        for table in KEYS:
            op.execute(f"DROP TRIGGER {table}_no_replace")
