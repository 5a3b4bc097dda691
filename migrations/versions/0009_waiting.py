"""What waits and what is looked for is found without walking past everything else; how often a vendor failed in a row."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

OPEN = sa.text("done_at IS NULL AND failed_at IS NULL")
NOBODYS = sa.text("contact_id IS NULL")
STREAM = "substr(lane, 1, length(lane) - length(ltrim(lane, 'abcdefghijklmnopqrstuvwxyz0123456789_.')))"


def upgrade():
    op.add_column("processor_link", sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
    op.create_index(
        "ix_outbox_stream",
        "outbox",
        [sa.text(STREAM), "run_at", "id"],
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.drop_index("ix_outbox_due", "outbox")
    op.create_index("ix_submission_nobodys", "submission", ["address"], sqlite_where=NOBODYS, postgresql_where=NOBODYS)


def downgrade():
    op.drop_index("ix_submission_nobodys", "submission")
    op.create_index("ix_outbox_due", "outbox", ["run_at", "id"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.drop_index("ix_outbox_stream", "outbox")
    with op.batch_alter_table("processor_link") as table:
        table.drop_column("failures")
