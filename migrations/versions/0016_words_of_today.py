"""Which words a purpose is asked with today, by language: they need not be the newest ones."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

purpose = sa.table("purpose", sa.column("slug"), sa.column("texts", sa.JSON))
text = sa.table("consent_text", *map(sa.column, ("purpose", "lang", "version", "hash")))


def upgrade():
    op.add_column("purpose", sa.Column("texts", sa.JSON(), nullable=False, server_default="{}"))
    newest = {}
    for slug, lang, name in op.get_bind().execute(sa.select(text.c.purpose, text.c.lang, text.c.hash).order_by(text.c.version)):
        newest.setdefault(slug, {})[lang] = name
    for slug, names in newest.items():
        op.execute(purpose.update().where(purpose.c.slug == slug).values(texts=names))


def downgrade():
    with op.batch_alter_table("purpose") as table:
        table.drop_column("texts")
