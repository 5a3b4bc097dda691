"""Stands in for streets that are not built yet. Deleted when the last one is there."""

from __future__ import annotations

from importlib import import_module

import jinja2.defaults

import app


def _exists(name: str) -> bool:
    module, _, attribute = name.partition(":")
    try:
        return hasattr(import_module(module), attribute or "__name__")
    except Exception as error:
        print(f"scaffold: {name}: {error}")
        return False


def stand_in() -> list[str]:
    absent = [n for n in (*app.JOBS, *app.BLUEPRINTS, *app.DEVELOPMENT_BLUEPRINTS) if not _exists(n)]
    app.JOBS = tuple(n for n in app.JOBS if n not in absent)
    app.BLUEPRINTS = tuple(n for n in app.BLUEPRINTS if n not in absent)
    app.DEVELOPMENT_BLUEPRINTS = tuple(n for n in app.DEVELOPMENT_BLUEPRINTS if n not in absent)
    for name in ("processors", "outbox", "admin"):
        module = import_module(f"app.{name}")
        if not hasattr(module, "init_app"):
            absent.append(f"app.{name}.init_app")
            module.init_app = lambda application: None
    import app.cli as cli

    cli.STREETS = tuple(s for s in cli.STREETS if _exists(f"app.{s}.cli"))
    for name in ("state_label",):
        jinja2.defaults.DEFAULT_FILTERS.setdefault(name, str)
    return absent
