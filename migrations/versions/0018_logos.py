"""Logos are served by us. Which one a site has is known when its definitions are loaded the next time."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "picture",
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
    op.add_column("site", sa.Column("logo", sa.String(64), nullable=False, server_default=""))


def downgrade():
    with op.batch_alter_table("site") as table:
        table.drop_column("logo")
    op.drop_table("picture")
