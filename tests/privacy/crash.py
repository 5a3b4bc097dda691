"""A worker as a process of its own that is killed at a chosen moment: nothing gets to say goodbye."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import requests
from flask import Flask
from sqlalchemy import Engine, event

from app import create_app, outbox
from app.processors.sandbox import Sandbox

TAKEN = ("MAILCHIMP_", "STRIPE_", "SANDBOX_", "PRIVACY_", "OUTBOX_LEASE", "MAIL_URL")


def killed(app: Flask, prepare: Callable[[Flask], None]) -> bool:
    """Let a worker of its own do what is due, on the same database. Was it killed before it was done?"""
    child = os.fork()
    if child == 0:
        try:
            twin = _twin(app)
            prepare(twin)
            with twin.app_context():
                outbox.drain()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def _twin(app: Flask) -> Flask:
    """The same service with connections of its own: those of the parent must not be touched here."""
    environ = {
        "SAMTYKKE_ENV": "development",
        "SECRET_KEY": app.config["SECRET_KEY"],
        "BASE_URL": app.config["BASE_URL"],
        "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
        "INSTANCE_DIR": app.config["INSTANCE_DIR"],
    }
    twin = create_app(environ, TESTING=True)
    twin.config.update({name: value for name, value in app.config.items() if name.startswith(TAKEN)})
    return twin


def after_call(count: int) -> Callable[[Flask], None]:
    """Die when the `count`-th call to a vendor has been answered."""

    def prepare(_app: Flask) -> None:
        left = [count]
        _counted(left)

    return prepare


def _counted(left: list[int]) -> None:
    send, opened = requests.Session.send, Sandbox._open

    def sent(self: requests.Session, *args: Any, **kwargs: Any) -> Any:
        answer = send(self, *args, **kwargs)
        _count(left)
        return answer

    @contextmanager
    def written(self: Sandbox) -> Iterator[Any]:
        with opened(self) as file:
            yield file
        _count(left)

    requests.Session.send = sent  # type: ignore[method-assign]
    Sandbox._open = written  # type: ignore[method-assign]


def after_commit(count: int) -> Callable[[Flask], None]:
    """Die when the `count`-th transaction has been committed."""

    def prepare(_app: Flask) -> None:
        left = [count]
        event.listen(Engine, "commit", lambda _connection: _count(left))

    return prepare


def at(point: str) -> Callable[[Flask], None]:
    """Die where the service itself says that a test may kill it."""

    def prepare(app: Flask) -> None:
        app.config["FAULT"] = point

    return prepare


def _count(left: list[int]) -> None:
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
