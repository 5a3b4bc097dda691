"""What was written is not written over: REPLACE deletes what is in its way, and no DELETE trigger hears of it."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import DatabaseError, IntegrityError

from app.extensions import db
from tests.test_migrations import APPEND_ONLY, a_row

OURS = {int: 1, str: "x", bytes: b"x", object: "{}"}  # as `a_row` has it
OTHER = {int: 2, str: "y", bytes: b"y", object: '{"y": 1}'}
NUMBERED = ("consent_event", "sealed_event", "consent_text", "privacy_record", "privacy_receipt")  # others have an id


@pytest.fixture
def context(app):
    with app.app_context():
        yield


@pytest.fixture
def sqlite(context):
    """PostgreSQL has neither REPLACE nor a number of its own for a row."""
    if db.engine.dialect.name != "sqlite":
        pytest.skip("SQLite alone")


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_no_row_takes_the_place_of_one_that_was_written(context, table):
    for key in keys_of(table):
        a_row(table)
        with pytest.raises(DatabaseError, match="append-only"):
            put(table, {**another(table), **{name: OURS[kinds_of(table)[name]] for name in key}}, key)
        db.session.rollback()


@pytest.mark.parametrize("table", NUMBERED)
def test_nor_by_the_number_that_sqlite_itself_gives_a_row(sqlite, table):
    a_row(table)
    number = db.session.scalar(text(f"SELECT rowid FROM {table}"))
    with pytest.raises(DatabaseError, match="append-only"):
        put(table, {"rowid": number, **another(table)})


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_nor_by_an_update_that_replaces(sqlite, table):
    a_row(table)
    put(table, another(table))
    column = next(iter(kinds_of(table)))
    with pytest.raises(DatabaseError, match="append-only"):
        db.session.execute(text(f"UPDATE OR REPLACE {table} SET {column} = {column}"))


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_what_is_in_nobodys_way_is_written(sqlite, table):
    a_row(table)
    put(table, another(table))
    assert db.session.scalar(text(f"SELECT count(*) FROM {table}")) == 2


@pytest.mark.parametrize("table", ["seal", "register_version"])
def test_the_second_of_two_at_once_is_told_as_ever(context, table):
    a_row(table)
    with pytest.raises(IntegrityError):
        a_row(table)


def keys_of(table):
    """Every set of columns that may occur once only."""
    known = inspect(db.session.connection())
    unique = (one["column_names"] for one in known.get_unique_constraints(table))
    indexed = (one["column_names"] for one in known.get_indexes(table) if one["unique"])
    return sorted({tuple(key) for key in (known.get_pk_constraint(table)["constrained_columns"], *unique, *indexed)})


def kinds_of(table):
    return {c.name: getattr(c.type, "impl", c.type).python_type for c in db.metadata.tables[table].columns}


def another(table):
    """A row that has nothing in common with the first."""
    return {name: OTHER[kind] for name, kind in kinds_of(table).items()}


def put(table, row, key=()):
    """In the words that each database has for writing over what is there."""
    names, values = ", ".join(row), ", ".join(f":{name}" for name in row)
    insert = f"INTO {table} ({names}) VALUES ({values})"
    if db.engine.dialect.name == "sqlite":
        db.session.execute(text(f"INSERT OR REPLACE {insert}"), row)
        return
    same = f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {key[0]} = excluded.{key[0]}"
    db.session.execute(text(f"INSERT {insert} {same}"), row)
