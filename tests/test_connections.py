"""The service goes on when the database has thrown it out, as after a restart of PostgreSQL."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from app import extensions
from app.extensions import db
from tests.conftest import Store


def asks(app: Flask) -> int:
    """One question, on whichever connection is at hand."""
    with app.app_context():
        return int(db.session.scalar(text("SELECT 41 + 1")))


@pytest.fixture(autouse=True)
def one_connection(app: Flask) -> None:
    """Whoever was here before leaves none in the pool: the next question is asked on the one of the question before."""
    with app.app_context():
        db.engine.dispose()


def throw_out(store: Store, database: str) -> None:
    if store.server:  # SQLite has nobody who could
        name = make_url(database).database
        store.server.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")


def test_a_connection_that_has_rested_is_tried_before_it_is_used(
    app: Flask, store: Store, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extensions, "RESTED", 0.0)
    assert asks(app) == 42
    throw_out(store, database)
    assert asks(app) == 42


def test_after_one_that_was_in_use_a_moment_ago_all_are_made_anew(
    app: Flask, store: Store, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extensions, "RESTED", 3600.0)
    assert asks(app) == 42
    throw_out(store, database)
    if store.server:
        with pytest.raises(OperationalError):
            asks(app)
    assert asks(app) == 42
