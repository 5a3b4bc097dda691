"""Published forms as the intake needs them, kept for two seconds, so that a post asks the database nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from time import monotonic
from typing import Any

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.extensions import db
from app.sites.models import Site
from app.submissions.models import Form, FormVersion

FRESH = 2.0  # seconds: how late a process may learn of a new version
ROOM = 500  # slugs remembered, so that made-up ones do not fill the memory
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True)
class Published:
    """A version of a form, with its site. Read-only: many requests share it."""

    form_id: int
    slug: str
    open: bool
    version_id: int
    hash: str
    definition: Mapping[str, Any]
    site: Site

    @cached_property
    def fields(self) -> dict[str, dict[str, Any]]:
        """Fields by name, in order."""
        return {field["name"]: field for field in self.definition["fields"]}

    @cached_property
    def boxes(self) -> dict[str, dict[str, Any]]:
        """Consent boxes by name, in order."""
        return {box["name"]: box for box in self.definition["consents"]}

    @cached_property
    def age(self) -> str:
        """The name of the age statement; empty when the form demands none."""
        return str((self.definition["age"] or {}).get("name", ""))

    @cached_property
    def consent_alone(self) -> bool:
        """Is it there to ask for consent, and for nothing else? What nobody confirms is then forgotten."""
        return bool(self.boxes) and bool(self.definition["forget_unconfirmed"])

    @cached_property
    def emails(self) -> list[str]:
        """Names of the fields that hold an address; the first is the visitor's own."""
        return [name for name, field in self.fields.items() if field["kind"] == "email"]

    @cached_property
    def names(self) -> dict[str, str]:
        """What a sender may call an input, in lower case, to what it is called here."""
        age = [self.definition["age"]] if self.definition["age"] else []
        inputs = [*self.definition["fields"], *self.definition["consents"], *age]
        return {name.casefold(): item["name"] for item in inputs for name in (item["name"], *item.get("aliases", ()))}

    def says(self, name: str, lang: str) -> str:
        """Words of the form (`title`, `intro`, …) in this language, or in the one there is."""
        return worded(self.definition.get(name), lang)


def worded(words: Mapping[str, str] | None, lang: str) -> str:
    words = words or {}
    return words.get(lang) or next(iter(words.values()), "")


class Catalogue:
    """Forms by slug and versions by id, as this process last saw them."""

    def __init__(self) -> None:
        self._forms: dict[str, tuple[float, Published | None]] = {}
        self._versions: dict[int, Published | None] = {}

    def find(self, slug: str) -> Published | None:
        """The newest version of a form; None for a form that is not there or was never published."""
        if not SLUG.fullmatch(slug):
            return None
        seen, form = self._forms.get(slug, (-FRESH, None))
        if monotonic() - seen > FRESH:
            form = self._look(slug)
        return form

    def _look(self, slug: str) -> Published | None:
        with reading() as session:
            row = session.scalar(select(Form).where(Form.slug == slug).options(selectinload(Form.site)))
            form = _published(session, row, row.version) if row and row.version else None
        if len(self._forms) >= ROOM:
            self._forms.clear()
        self._forms[slug] = (monotonic(), form)
        return form

    def version(self, form: Published, version_id: int) -> Published:
        """The version a visitor was shown, which a page cache may have kept; today's when that is no version of it."""
        if version_id == form.version_id:
            return form
        if version_id not in self._versions:
            self._versions[version_id] = self._look_back(version_id)
        shown = self._versions[version_id]
        return shown if shown and shown.form_id == form.form_id else form

    def _look_back(self, version_id: int) -> Published | None:
        with reading() as session:
            version = session.get(FormVersion, version_id)
            form = session.get(Form, version.form_id) if version else None
            return _published(session, form, version) if form and version else None

    def forget(self) -> None:
        """Look again at the next request: definitions have just been loaded."""
        self._forms.clear()
        self._versions.clear()


def reading() -> Session:
    """A session that only reads, and so never waits for SQLite's one writer."""
    return Session(db.engine.execution_options(read_only=True))


def _published(session: Session, form: Form, version: FormVersion) -> Published:
    session.expunge_all()  # the rows outlive the session; their company and site are loaded with them
    return Published(form.id, form.slug, form.open, version.id, version.hash, version.definition, form.site)


def catalogue() -> Catalogue:
    """The catalogue of the running app."""
    shelf: Catalogue = current_app.extensions.setdefault("form_catalogue", Catalogue())
    return shelf
