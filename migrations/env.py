"""Runs the chain on the application's database, SQLite and PostgreSQL alike."""

from alembic import context
from flask import current_app

database = current_app.extensions["migrate"].db


def ignored(obj, name, type_, reflected, compare_to):
    """Search tables are made by hand in each database's own way; the models do not know them."""
    return not (name or "").startswith("search_") and not (
        type_ == "index" and reflected and getattr(obj, "table", None) is not None and obj.table.name.startswith("search_")
    )


with database.engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=database.metadata,
        render_as_batch=True,
        compare_type=True,
        include_object=ignored,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
