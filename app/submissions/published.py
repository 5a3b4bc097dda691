"""Forms as they were published, by the hash that every event which came with one carries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from app.consent import beside
from app.consent.models import ConsentEvent
from app.crypto import canonical_json, sha256_hex
from app.extensions import db
from app.submissions.models import Form, FormVersion


def fingerprint(definition: dict[str, Any]) -> str:
    """The name of a form as it was published: SHA-256 over its canonical JSON."""
    return sha256_hex(canonical_json(definition))


@beside.check
def forms() -> Iterator[str]:
    rows = select(FormVersion.hash, FormVersion.definition, FormVersion.number, Form.slug)
    rows = rows.outerjoin(Form, Form.id == FormVersion.form_id).order_by(FormVersion.id)
    for name, definition, number, slug in db.session.execute(rows.execution_options(yield_per=100)):
        if fingerprint(definition) != name:
            yield f"version {number} of form {slug} has been changed"
    if event := beside.first_without(ConsentEvent.form_hash, FormVersion.hash):
        yield f"the form that event {event} came with has been removed"
