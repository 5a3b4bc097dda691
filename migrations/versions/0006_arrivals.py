"""Lists that a company arrives with."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "arrival_run",
        sa.Column("id", ID, nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("vouched_by", sa.String(length=100), nullable=False),
        sa.Column("unproven", sa.Boolean(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("encoding", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("preview", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("examples", sa.LargeBinary(), nullable=False),
        sa.Column("problem", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("touched_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["purpose"], ["purpose.slug"], name=op.f("fk_arrival_run_purpose_purpose")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_arrival_run_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrival_run")),
    )
    op.create_table(
        "arrival_part",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["arrival_run.id"], name=op.f("fk_arrival_part_run_id_arrival_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "number", name=op.f("pk_arrival_part")),
    )


def downgrade():
    for table in ("arrival_part", "arrival_run"):
        op.drop_table(table)
