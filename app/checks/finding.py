"""What a question finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from app.checks import trouble
from app.extensions import db


@dataclass(frozen=True)
class Finding:
    """One answer. `level` is `ok`, `warn` (works, but somebody should look) or `bad` (needed, and missing)."""

    subject: str
    level: str
    text: str


def unless_it_fails(subject: str, question: Callable[[], Finding]) -> Finding:
    """The answer, or why the database does not let there be one."""
    try:
        return question()
    except SQLAlchemyError as error:
        db.session.rollback()
        return Finding(subject, "bad", f"not known: {trouble.said(error)}")
