"""What a form calls itself, its fields and its purposes, in the reader's language."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.consent.models import Purpose
from app.extensions import db
from app.i18n import current_language
from app.submissions.models import Form, FormVersion


def said(words: Any) -> str:
    """The words in the reader's language, or in the one there is."""
    if isinstance(words, dict):
        return str(words.get(current_language()) or next(iter(words.values()), ""))
    return str(words or "")


def title(form: Form) -> str:
    definition = form.version.definition if form.version else {}
    return said(definition.get("title")) or form.slug


def all_forms() -> dict[int, Form]:
    """Every form by its id. A company has a handful."""
    return {form.id: form for form in db.session.scalars(select(Form).order_by(Form.slug))}


def purposes() -> dict[str, str]:
    """The purposes' names, in the company's order."""
    rows = db.session.scalars(select(Purpose).order_by(Purpose.position, Purpose.slug))
    return {row.slug: said(row.names) for row in rows}


def answered(version: FormVersion | None, answers: dict[str, Any]) -> list[dict[str, Any]]:
    """The answers under the labels that the visitor saw, in the form's order; what the form did not ask comes last."""
    fields = version.definition.get("fields", []) if version else []
    labels = {field["name"]: said(field.get("label")) for field in fields}
    names = [name for name in labels if name in answers] + [name for name in answers if name not in labels]
    return [{"label": labels.get(name, name), "value": spoken(answers[name])} for name in names]


def spoken(value: Any) -> str:
    """An answer as text: lists with commas, nothing as nothing."""
    if isinstance(value, list):
        return ", ".join(map(spoken, value))
    return "" if value is None else str(value)


def message(form: Form, answers: dict[str, Any]) -> str:
    """The beginning of what somebody wrote in the form's large field."""
    fields = form.version.definition.get("fields", []) if form.version else []
    large = next((field["name"] for field in fields if field.get("kind") == "textarea"), "message")
    return spoken(answers.get(large))[:200]
