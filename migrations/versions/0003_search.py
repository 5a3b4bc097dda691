"""What staff search in: FTS5 on SQLite; trigrams and a stored tsvector on PostgreSQL."""

from alembic import op
from sqlalchemy.exc import ProgrammingError

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SQLITE = (
    "CREATE VIRTUAL TABLE search_contact USING fts5(text, tokenize = 'trigram')",
    # the words come folded and apart: every sign that is not ASCII belongs to a word
    "CREATE VIRTUAL TABLE search_submission USING fts5(text, tokenize = 'ascii', detail = none, columnsize = 0)",
)
POSTGRES = (
    "CREATE TABLE search_contact (id bigint PRIMARY KEY, text text NOT NULL)",
    "CREATE TABLE search_submission (id bigint PRIMARY KEY, document tsvector NOT NULL)",
    # without the pending list: a search must not pay for what was written before it
    "CREATE INDEX ix_search_contact_text ON search_contact USING gin (text gin_trgm_ops) WITH (fastupdate = off)",
    "CREATE INDEX ix_search_submission_document ON search_submission USING gin (document) WITH (fastupdate = off)",
)


def upgrade():
    postgres = op.get_bind().dialect.name == "postgresql"
    if postgres:
        make_trigrams_known()
    for statement in POSTGRES if postgres else SQLITE:
        op.execute(statement)


def make_trigrams_known():
    """PostgreSQL trusts whoever may create objects in a database with this extension; not every role may."""
    try:
        with op.get_bind().begin_nested():
            op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except ProgrammingError as error:
        raise SystemExit(
            "This database role may not create the extension pg_trgm, which search needs. "
            "Let an administrator run `CREATE EXTENSION pg_trgm;` in this database once, then migrate again. "
            f"({type(error.orig).__name__})"
        ) from None


def downgrade():
    op.execute("DROP TABLE search_submission")
    op.execute("DROP TABLE search_contact")
