"""The permission of a click at Google, and how far a processor's news has been read."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "google_grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("given_by", sa.String(length=60), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_google_grant")),
    )
    op.create_table(
        "processor_cursor",
        sa.Column("processor", sa.String(length=30), nullable=False),
        sa.Column("place", sa.String(length=254), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("processor", "place", name=op.f("pk_processor_cursor")),
    )


def downgrade():
    for table in ("processor_cursor", "google_grant"):
        op.drop_table(table)
