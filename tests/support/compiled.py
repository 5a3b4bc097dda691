"""Templates, statements and routes are compiled once for a run and not once for each test's app: half of the time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine
from werkzeug.routing import Map, RuleFactory

from app.extensions import db
from tests.support import reused


class Templates(BytecodeCache):
    def __init__(self) -> None:
        self.compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.compiled:
            bucket.bytecode_from_string(self.compiled[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.compiled[bucket.key] = bucket.bytecode_to_string()


TEMPLATES = Templates()


class Routes(Map):
    """The map of one kind of app: every app of that kind has the same routes, so the first one makes it for all."""

    made: ClassVar[dict[str, Routes]] = {}

    def __init__(self, **options: Any) -> None:
        self.known: set[Any] = set()
        super().__init__(**options)

    def add(self, rulefactory: RuleFactory) -> None:
        for rule in rulefactory.get_rules(self):
            key = (rule.rule, rule.endpoint, frozenset(rule.methods or ()))
            if key not in self.known:
                self.known.add(key)
                super().add(rule)

    @classmethod
    @contextmanager
    def of(cls, kind: str) -> Iterator[None]:
        """An app that is made here takes the map of this kind."""
        usual, shared = Flask.url_map_class, lambda **options: cls.made.setdefault(kind, cls(**options))
        Flask.url_map_class = staticmethod(shared)  # type: ignore[assignment]
        try:
            yield
        finally:
            Flask.url_map_class = usual


LEADERS: dict[str, Engine] = {}


def lead(engine: Engine) -> None:
    """This engine has met its server; others of its kind may compile as it does."""
    LEADERS.setdefault(engine.dialect.name, engine)


def share(app: Flask) -> None:
    """SQLAlchemy remembers compiled statements by engine and dialect object, Jinja templates by environment."""
    app.jinja_env.bytecode_cache = TEMPLATES
    with app.app_context():
        reused.lend(db.engine)
        leader = LEADERS.get(db.engine.dialect.name)
        if leader:
            db.engine.dialect, db.engine._compiled_cache = leader.dialect, leader._compiled_cache
