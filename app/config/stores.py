"""Where things are kept: the folder of this installation, the database, and the bell of the worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from app.config.environment import Environment, Misconfigured

ROOT = Path(__file__).resolve().parents[2]
DRIVERS = ("sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg")  # what is installed with us


def instance(env: Environment) -> Path:
    return Path(env.text("INSTANCE_DIR", str(ROOT / "instance")))


def database(env: Environment) -> dict[str, Any]:
    default = f"sqlite:///{instance(env)}/samtykke.db"
    return {
        "SQLALCHEMY_DATABASE_URI": _readable(env.secret("DATABASE_URL") or default),
        # Parameters are hidden: an error of the database must not carry an address into a log.
        "SQLALCHEMY_ENGINE_OPTIONS": {"pool_pre_ping": True, "hide_parameters": True},
    }


def _readable(url: str) -> str:
    """Raises `Misconfigured` without repeating it: it holds a password."""
    try:
        driver = make_url(url).drivername
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        driver = ""
    if driver not in DRIVERS:
        raise Misconfigured("DATABASE_URL must be postgresql+psycopg://USER:PASSWORD@HOST/NAME or sqlite:////PATH")
    return url


def bell(env: Environment) -> str:
    """Where web and worker hear each other: in the database when they may be on different machines."""
    database = env.secret("DATABASE_URL")
    return database if database.startswith("postgresql") else f"sqlite:///{instance(env)}/huey.db"
