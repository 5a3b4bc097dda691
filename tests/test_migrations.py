"""One chain of migrations for both databases, and models that agree with it."""

from __future__ import annotations

import os
import subprocess
import sys
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text

from app.clock import Instant, now
from app.consent import texts
from app.extensions import db
from tests.conftest import close, make_app

APPEND_ONLY = (
    "consent_event",
    "seal",
    "sealed_event",
    "audit_entry",
    "consent_text",
    "form_version",
    "register_version",
    "privacy_record",
    "privacy_receipt",
)


def test_models_agree_with_the_migrations(app):
    with app.app_context(), db.engine.connect() as connection:
        options = {
            "compare_type": True,
            "include_object": lambda _obj, name, *_: not (name or "").startswith("search_"),
        }
        context = MigrationContext.configure(connection, opts=options)
        differences = [d for d in compare_metadata(context, db.metadata) if "search_" not in str(d)]
        assert differences == []


def test_every_step_can_be_taken_back_and_taken_again(store, tmp_path):
    name = f"t{uuid4().hex}"
    app = make_app(store.fresh(name), tmp_path)
    with app.app_context():
        upgrade()
        first = shape()
        downgrade(revision="base")
        assert shape() == {"alembic_version": ["version_num"]}
        db.engine.dispose()
        upgrade()
        assert shape() == first
    close(app)
    store.drop(name)


def test_several_machines_may_migrate_at_once(store, tmp_path):
    """Web and worker do, as they start."""
    name = f"t{uuid4().hex}"
    settings = {**os.environ, "DATABASE_URL": store.fresh(name), "INSTANCE_DIR": str(tmp_path), "FLASK_APP": "wsgi"}
    command = [sys.executable, "-m", "flask", "db", "upgrade"]
    settings |= {"SAMTYKKE_ENV": "development", "BASE_URL": "http://localhost"}
    both = [subprocess.Popen(command, env=settings, stderr=subprocess.PIPE) for _ in range(2)]
    said = [one.communicate(timeout=60)[1] for one in both]
    assert [one.returncode for one in both] == [0, 0], said
    store.drop(name)


def shape():
    inspector = inspect(db.engine)
    return {table: sorted(c["name"] for c in inspector.get_columns(table)) for table in inspector.get_table_names()}


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("act", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_the_database_itself_refuses_to_change_what_was_written(app, table, act):
    with app.app_context():
        columns = db.metadata.tables[table].columns
        column = next(iter(columns)).name
        a_row(table)
        with pytest.raises(Exception, match="append-only"):
            db.session.execute(db.text(act.format(table, column, column)))


def a_row(table):
    """A row with something in every place. What it refers to is not there: references are checked elsewhere."""
    sqlite = db.engine.dialect.name == "sqlite"
    db.session.execute(db.text("PRAGMA defer_foreign_keys=ON" if sqlite else "SET session_replication_role=replica"))
    made = {column.name: a_value(column.type) for column in db.metadata.tables[table].columns}
    db.session.execute(db.metadata.tables[table].insert().values(made))
    db.session.execute(db.text("SELECT 1" if sqlite else "SET session_replication_role=origin"))


def a_value(kind):
    if isinstance(kind, Instant):
        return now()
    return {int: 1, str: "x", bytes: b"x", object: {}}[kind.python_type]


def test_what_belongs_to_a_table_that_is_made_anew_stays(store, tmp_path):
    name = f"t{uuid4().hex}"
    app = make_app(store.fresh(name), tmp_path)
    with app.app_context():
        upgrade(revision="0011")
        rows = {"contact": "id, subject, address, display, lang, created_at", "contact_value": KARI_SAID}
        for table, columns in rows.items():
            db.session.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({KARI[table]})"))
        db.session.commit()
        upgrade()
        assert db.session.execute(text(f"SELECT {KARI_SAID} FROM contact_value")).all() == [(7, "name", "Kari", "s", 1)]
        db.session.rollback()
        downgrade(revision="0011")
        assert db.session.execute(text(f"SELECT {KARI_SAID} FROM contact_value")).all() == [(7, "name", "Kari", "s", 1)]
        db.session.rollback()
    close(app)
    store.drop(name)


def test_words_that_were_there_before_are_asked_with_as_they_were(store, tmp_path):
    name = f"t{uuid4().hex}"
    app = make_app(store.fresh(name), tmp_path)
    with app.app_context():
        upgrade(revision="0014")
        db.session.execute(
            text("INSERT INTO purpose (slug, names, position) VALUES ('offers', '{}', 0), ('news', '{}', 1)")
        )
        for words in ("'nb1', 'nb', 1", "'nb2', 'nb', 2", "'en1', 'en', 1"):
            columns = "hash, lang, version, purpose, text, created_at"
            db.session.execute(text(f"INSERT INTO consent_text ({columns}) VALUES ({words}, 'offers', 'Yes', 1)"))
        db.session.commit()
        upgrade()
        asked = {purpose.slug: purpose.texts for purpose in texts.purposes()}
        assert asked == {"offers": {"nb": "nb2", "en": "en1"}, "news": {}}
        db.session.rollback()
        downgrade(revision="0014")
        assert db.session.execute(text("SELECT hash FROM consent_text ORDER BY hash")).scalars().all() == [
            "en1",
            "nb1",
            "nb2",
        ]
        db.session.rollback()
    close(app)
    store.drop(name)


KARI_SAID = "contact_id, field, value, source, at"
KARI = {
    "contact": "7, 's', 'kari@example.no', 'kari@example.no', 'nb', 1",
    "contact_value": "7, 'name', 'Kari', 's', 1",
}
