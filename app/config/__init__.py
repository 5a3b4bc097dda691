"""The only reader of the environment. Every setting has its name, its default and its reason here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.config import outside, service, stores, visitors
from app.config.environment import TRUE, Environment, Misconfigured
from app.config.service import DEMO_SECRET
from app.config.stores import ROOT

__all__ = ["DEMO_SECRET", "ROOT", "TRUE", "Environment", "Misconfigured", "load"]


def load(environ: Mapping[str, str]) -> dict[str, Any]:
    """Flask's configuration from the environment.

    Raises `Misconfigured` when production lacks something that has no safe default.
    """
    env = Environment(environ)
    settings = {
        "PRODUCTION": env.production,
        **service.service(env),
        **stores.database(env),
        **outside.mail(env),
        **outside.processors(env),
        **visitors.intake(env),
        **visitors.privacy(env),
        **service.flask(env),
    }
    env.refuse_what_is_missing()
    return settings
