"""Pauses, shared limits, drift, and the register of processors."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

CONTACT_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COUNTS = ("members", "surplus", "gone", "missing", "strangers", "barred", "mended")
VERSIONS = "register_version"


def upgrade():
    op.create_table(
        "outbox_hold",
        sa.Column("stream", sa.String(length=40), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_outbox_hold")),
    )
    links()
    drift()
    register()


def links():
    op.create_table(
        "processor_link",
        sa.Column("processor", sa.String(length=30), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("answer", sa.String(length=300), nullable=False),
        sa.Column("failed_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("processor", name=op.f("pk_processor_link")),
    )
    op.create_table(
        "processor_budget",
        sa.Column("processor", sa.String(length=60), nullable=False),
        sa.Column("units", sa.Float(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("processor", name=op.f("pk_processor_budget")),
    )
    op.create_table(
        "processor_place",
        sa.Column("processor", sa.String(length=60), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("holder", sa.String(length=36), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("processor", "number", name=op.f("pk_processor_place")),
    )


def drift():
    op.create_table(
        "drift_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("processor", sa.String(length=30), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("mend", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        sa.Column("error", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drift_run")),
    )
    op.create_index("ix_drift_run_processor", "drift_run", ["processor", "id"])
    op.create_table(
        "drift_finding",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", CONTACT_ID, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        belongs("drift_finding", "contact_id", "contact"),
        belongs("drift_finding", "run_id", "drift_run"),
        sa.PrimaryKeyConstraint("run_id", "contact_id", name=op.f("pk_drift_finding")),
    )
    op.create_index(op.f("ix_drift_finding_contact_id"), "drift_finding", ["contact_id"])
    op.create_table(
        "drift_stranger",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("masked", sa.String(length=254), nullable=False),
        sa.Column("barred", sa.Boolean(), nullable=False),
        belongs("drift_stranger", "run_id", "drift_run"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drift_stranger")),
    )
    op.create_index(op.f("ix_drift_stranger_run_id"), "drift_stranger", ["run_id"])


def belongs(table, column, owner):
    name = op.f(f"fk_{table}_{column}_{owner}")
    return sa.ForeignKeyConstraint([column], [f"{owner}.id"], name=name, ondelete="CASCADE")


def register():
    op.create_table(
        VERSIONS,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry", sa.String(length=30), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("unsure", sa.JSON(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_version")),
        sa.UniqueConstraint("entry", "version", name=op.f("uq_register_version_entry_version")),
    )
    if op.get_bind().dialect.name == "postgresql":
        for name, act, each in (("append_only", "UPDATE OR DELETE", "ROW"), ("no_truncate", "TRUNCATE", "STATEMENT")):
            op.execute(
                f"CREATE TRIGGER {VERSIONS}_{name} BEFORE {act} ON {VERSIONS} "
                f"FOR EACH {each} EXECUTE FUNCTION refuse_change()"
            )
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {VERSIONS}_no_{act.lower()} BEFORE {act} ON {VERSIONS} "
            f"BEGIN SELECT RAISE(ABORT, '{VERSIONS} is append-only'); END"
        )


def downgrade():
    for table in (VERSIONS, "drift_stranger", "drift_finding", "drift_run"):
        op.drop_table(table)
    for table in ("processor_place", "processor_budget", "processor_link", "outbox_hold"):
        op.drop_table(table)
