"""On which lists of a processor somebody was when it was last told of her: who is off one since then has left it."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("processor_state", sa.Column("lists", sa.JSON(), nullable=False, server_default="[]"))


def downgrade():
    with op.batch_alter_table("processor_state") as table:
        table.drop_column("lists")
