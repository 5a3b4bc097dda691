"""A privacy link is known by its number; the digest of its secret was written and never read."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("privacy_link") as table:
        table.drop_constraint("uq_privacy_link_digest", type_="unique")
        table.drop_column("digest")


def downgrade():
    op.add_column("privacy_link", sa.Column("digest", sa.String(length=64), nullable=True))
    op.execute("UPDATE privacy_link SET digest = id")  # anything that is unique: nobody reads it
    with op.batch_alter_table("privacy_link") as table:
        table.alter_column("digest", existing_type=sa.String(length=64), nullable=False)
        table.create_unique_constraint("uq_privacy_link_digest", ["digest"])
