"""The nightly look for requests nobody confirmed, and the look for a warning that was sent already, walk past nothing.

On SQLite numbers of people and letters are given once, as PostgreSQL does.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ATTACK = sa.text("kind = 'staff_attack'")


def upgrade():
    _made_anew(sqlite_autoincrement=True)
    op.create_index("ix_confirmation_submission_id", "confirmation", ["submission_id"])
    op.create_index(
        "ix_letter_attack", "letter", ["site_id", "created_at"], sqlite_where=ATTACK, postgresql_where=ATTACK
    )


def downgrade():
    op.drop_index("ix_letter_attack", "letter")
    op.drop_index("ix_confirmation_submission_id", "confirmation")
    _made_anew()


def _made_anew(**options):
    """SQLite cannot add the word to a table that is there."""
    if op.get_bind().dialect.name == "sqlite":
        for table in ("contact", "letter"):
            with op.batch_alter_table(table, recreate="always", table_kwargs=options):
                pass
