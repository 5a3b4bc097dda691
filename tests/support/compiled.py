"""Templates, statements and routes are compiled once for a run and not once for each test's app: half of the time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine
from werkzeug.routing import Rule

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
BUILDERS: dict[Any, Callable[..., Any]] = {}
compile_builder = Rule._compile_builder


def remembered(rule: Rule, append_unknown: bool = True) -> Callable[..., Any]:
    """The function that builds a rule's address, which is compiled from the rule's text alone."""
    defaults = tuple(sorted((rule.defaults or {}).items()))
    key = (tuple(rule._trace), defaults, append_unknown, tuple(sorted(rule.arguments)))
    if key not in BUILDERS:
        BUILDERS[key] = compile_builder(rule, append_unknown)
    return BUILDERS[key]


Rule._compile_builder = remembered  # type: ignore[method-assign]
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
