"""The staff pages: who may enter, and what they see and do there."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Bind sign-in and the words that pages show for our own terms."""
    from app.admin import auth, labels

    auth.init_app(app)
    labels.init_app(app)
