"""Runs the chain on the application's database, SQLite and PostgreSQL alike."""

from contextlib import contextmanager

from alembic import context
from flask import current_app

database = current_app.extensions["migrate"].db
MIGRATING = 7_319_841_226  # the name of our lock: any number that nobody else uses


def ignored(obj, name, type_, reflected, compare_to):
    """Search tables are made by hand in each database's own way; the models do not know them."""
    return not (name or "").startswith("search_") and not (
        type_ == "index"
        and reflected
        and getattr(obj, "table", None) is not None
        and obj.table.name.startswith("search_")
    )


@contextmanager
def one_at_a_time(engine):
    """Web and worker migrate as they start, on several machines: who comes second finds all done."""
    if engine.dialect.name != "postgresql":
        yield
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as guard:
        guard.exec_driver_sql(f"SELECT pg_advisory_lock({MIGRATING})")
        try:
            yield
        finally:
            guard.exec_driver_sql(f"SELECT pg_advisory_unlock({MIGRATING})")


@contextmanager
def tables_may_be_made_anew(connection):
    """SQLite drops the old table, and with it would go all that refers to it (https://sqlite.org/lang_altertable.html).

    Outside any transaction, where alone it has effect. That everything still refers to something is looked at after it.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    raw = connection.connection.driver_connection
    raw.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
        if lost := raw.execute("PRAGMA foreign_key_check").fetchall():
            raise RuntimeError(f"a migration left rows that refer to nothing: {lost[:5]}")
    finally:
        raw.execute("PRAGMA foreign_keys = ON")


with (
    one_at_a_time(database.engine),
    database.engine.connect() as connection,
    tables_may_be_made_anew(connection),
):
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
