"""Structured logs without personal data: no address, no token, no query, no body."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog
from flask import Flask


def init_app(app: Flask) -> None:
    """JSON lines in production, readable lines in development. Silent below warnings in tests."""
    level = logging.WARNING if app.testing else logging.INFO
    logging.basicConfig(format="%(message)s", stream=sys.stderr, level=level)
    renderer: Any = (
        structlog.processors.JSONRenderer() if app.config["PRODUCTION"] else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=not app.testing,
    )
