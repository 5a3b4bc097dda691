"""What Stripe tells us: customers, invoices, subscriptions, tax numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

CONTACT_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "stripe_customer",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("contact_id", CONTACT_ID, nullable=True),
        sa.Column("address_mac", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=True),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("card_brand", sa.String(length=20), nullable=False),
        sa.Column("card_last4", sa.String(length=4), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_stripe_customer_contact_id_contact"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stripe_customer")),
    )
    op.create_index(op.f("ix_stripe_customer_contact_id"), "stripe_customer", ["contact_id"])
    op.create_index(op.f("ix_stripe_customer_address_mac"), "stripe_customer", ["address_mac"])
    part_of_a_customer(
        "stripe_invoice",
        sa.Column("number", sa.String(length=100), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("remaining", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("paid_at", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
    )
    part_of_a_customer(
        "stripe_subscription",
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("period_end", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("cancels", sa.Boolean(), nullable=False),
    )
    part_of_a_customer(
        "stripe_tax_number",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=60), nullable=False),
        sa.Column("result", sa.String(length=10), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=False),
        sa.Column("verification", sa.String(length=20), nullable=False),
    )


def part_of_a_customer(table, *columns):
    op.create_table(
        table,
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("customer_id", sa.String(length=80), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["stripe_customer.id"],
            name=op.f(f"fk_{table}_customer_id_stripe_customer"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_customer_id"), table, ["customer_id"])


def downgrade():
    for table in ("stripe_tax_number", "stripe_subscription", "stripe_invoice", "stripe_customer"):
        op.drop_table(table)
