"""How many confirm letters an address had within a month, also when whoever was asked has been forgotten."""

import sqlalchemy as sa
from alembic import op

from app.clock import Instant

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "confirm_letter",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("mac", sa.String(64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
    )
    op.create_index("ix_confirm_letter_mac", "confirm_letter", ["mac", "at"])
    op.create_index("ix_confirm_letter_at", "confirm_letter", ["at"])


def downgrade():
    op.drop_table("confirm_letter")
