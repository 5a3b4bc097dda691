"""What a processor's plugins cover, and tax numbers that people typed."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "processor_coverage",
        sa.Column("processor", sa.String(length=30), nullable=False),
        sa.Column("seen", sa.JSON(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("accepted", sa.JSON(), nullable=False),
        sa.Column("accepted_at", sa.BigInteger(), nullable=False),
        sa.Column("accepted_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("processor", name=op.f("pk_processor_coverage")),
    )
    op.create_table(
        "contact_tax_check",
        sa.Column("contact_id", ID, nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("result", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact.id"],
            name=op.f("fk_contact_tax_check_contact_id_contact"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("contact_id", "field", name=op.f("pk_contact_tax_check")),
    )


def downgrade():
    for table in ("contact_tax_check", "processor_coverage"):
        op.drop_table(table)
