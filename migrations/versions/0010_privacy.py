"""Requests of persons about their data, and what proves that they were carried out."""

import sqlalchemy as sa
from alembic import op


revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = ("privacy_record", "privacy_receipt")
TABLES = (
    "privacy_part",
    "privacy_task",
    "privacy_receipt",
    "privacy_link",
    "privacy_archive",
    "privacy_request",
    "privacy_record",
    "journal_tick",
    "journal_entry",
    "disclosure",
)


def upgrade():
    op.create_table(
        "disclosure",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("authority", sa.String(length=200), nullable=False),
        sa.Column("demand", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=36), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("secret", sa.String(length=300), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosure")),
    )
    op.create_index(op.f("ix_disclosure_subject"), "disclosure", ["subject"])

    op.create_table(
        "journal_entry",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_entry")),
    )
    op.create_index(op.f("ix_journal_entry_at"), "journal_entry", ["at"])

    op.create_table(
        "journal_tick",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_tick")),
    )
    op.execute("INSERT INTO journal_tick (id, count) VALUES (1, 0)")
    op.create_table(
        "privacy_record",
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("request", sa.String(length=36), nullable=False),
        sa.Column("task_id", ID, nullable=True),
        sa.Column("salt", sa.String(length=44), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["consent_event.id"], name=op.f("fk_privacy_record_event_id_consent_event")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_privacy_record")),
    )
    op.create_index(op.f("ix_privacy_record_request"), "privacy_record", ["request"])

    op.create_table(
        "privacy_request",
        sa.Column("id", ID, nullable=False),
        sa.Column("word", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("ground", sa.String(length=30), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("origin", sa.String(length=12), nullable=False),
        sa.Column("identified_by", sa.String(length=200), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("address_mac", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("wishes", sa.LargeBinary(), nullable=False),
        sa.Column("contact_id", ID, nullable=True),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("lang", sa.String(length=5), nullable=False),
        sa.Column("network", sa.String(length=50), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("proven_at", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("extended_at", sa.BigInteger(), nullable=True),
        sa.Column("extension", sa.String(length=300), nullable=False),
        sa.Column("extension_letter", ID, nullable=True),
        sa.Column("warned", sa.Integer(), nullable=False),
        sa.Column("plan_hash", sa.String(length=64), nullable=False),
        sa.Column("planned_at", sa.BigInteger(), nullable=True),
        sa.Column("approved_at", sa.BigInteger(), nullable=True),
        sa.Column("approved_by", sa.String(length=60), nullable=False),
        sa.Column("denial", sa.String(length=40), nullable=False),
        sa.Column("duplicate_of", ID, nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_privacy_request_contact_id_contact"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["duplicate_of"], ["privacy_request.id"], name=op.f("fk_privacy_request_duplicate_of_privacy_request")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_privacy_request_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privacy_request")),
        sa.UniqueConstraint("word", name=op.f("uq_privacy_request_word")),
    )
    op.create_index(op.f("ix_privacy_request_contact_id"), "privacy_request", ["contact_id"])
    op.create_index("ix_privacy_request_mac", "privacy_request", ["address_mac", "id"])
    op.create_index("ix_privacy_request_state", "privacy_request", ["state", "due_at", "id"])

    op.create_table(
        "privacy_archive",
        sa.Column("request_id", ID, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("downloads", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["privacy_request.id"],
            name=op.f("fk_privacy_archive_request_id_privacy_request"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_privacy_archive")),
    )
    op.create_index(op.f("ix_privacy_archive_expires_at"), "privacy_archive", ["expires_at"])

    op.create_table(
        "privacy_link",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("use", sa.String(length=10), nullable=False),
        sa.Column("request_id", ID, nullable=True),
        sa.Column("address_mac", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("lang", sa.String(length=5), nullable=False),
        sa.Column("network", sa.String(length=50), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["privacy_request.id"],
            name=op.f("fk_privacy_link_request_id_privacy_request"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_privacy_link_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privacy_link")),
        sa.UniqueConstraint("digest", name=op.f("uq_privacy_link_digest")),
    )
    op.create_index(op.f("ix_privacy_link_address_mac"), "privacy_link", ["address_mac"])
    op.create_index(op.f("ix_privacy_link_created_at"), "privacy_link", ["created_at"])
    op.create_index(op.f("ix_privacy_link_expires_at"), "privacy_link", ["expires_at"])
    op.create_index(op.f("ix_privacy_link_network"), "privacy_link", ["network"])
    op.create_index(op.f("ix_privacy_link_request_id"), "privacy_link", ["request_id"])

    op.create_table(
        "privacy_receipt",
        sa.Column("request_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("statement", sa.JSON(), nullable=False),
        sa.Column("kid", sa.String(length=8), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["privacy_request.id"], name=op.f("fk_privacy_receipt_request_id_privacy_request")
        ),
        sa.PrimaryKeyConstraint("request_id", "number", name=op.f("pk_privacy_receipt")),
    )
    op.create_table(
        "privacy_task",
        sa.Column("id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("phase", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(length=30), nullable=False),
        sa.Column("act", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("law", sa.String(length=100), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("check_at", sa.BigInteger(), nullable=True),
        sa.Column("found", sa.Integer(), nullable=True),
        sa.Column("left", sa.Integer(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("proof_by", sa.String(length=60), nullable=False),
        sa.Column("letter_id", ID, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("verified_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["privacy_request.id"],
            name=op.f("fk_privacy_task_request_id_privacy_request"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privacy_task")),
        sa.UniqueConstraint("request_id", "holder", "act", name=op.f("uq_privacy_task_request_id_holder_act")),
    )
    op.create_index("ix_privacy_task_check", "privacy_task", ["check_at"])
    op.create_index("ix_privacy_task_until", "privacy_task", ["until"])

    op.create_table(
        "privacy_part",
        sa.Column("task_id", ID, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"], ["privacy_task.id"], name=op.f("fk_privacy_part_task_id_privacy_task"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_privacy_part")),
    )
    op.add_column("contact", sa.Column("restricted_at", sa.BigInteger(), nullable=True))
    for table in APPEND_ONLY:
        _refuse_changes(table)


def _refuse_changes(table):
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def downgrade():
    op.drop_column("contact", "restricted_at")
    for table in TABLES:
        op.drop_table(table)
