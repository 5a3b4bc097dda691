"""Letters about a privacy request are found by it: they stand on the person's page among all that has happened."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

OF_A_REQUEST = sa.text("request_id IS NOT NULL")
KNOWN = {
    "sqlite": "UPDATE letter SET request_id = json_extract(refs, '$.request')",
    "postgresql": "UPDATE letter SET request_id = (refs ->> 'request')::bigint WHERE refs ->> 'request' IS NOT NULL",
}


def upgrade():
    op.add_column("letter", sa.Column("request_id", sa.BigInteger().with_variant(sa.Integer, "sqlite")))
    op.execute(KNOWN[op.get_bind().dialect.name])
    op.create_index(
        "ix_letter_request_id", "letter", ["request_id"], sqlite_where=OF_A_REQUEST, postgresql_where=OF_A_REQUEST
    )


def downgrade():
    op.drop_index("ix_letter_request_id", "letter")
    with op.batch_alter_table("letter", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.drop_column("request_id")
