"""Reading the register, and writing a new version of an entry. Nothing here commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app import audit
from app.clock import now
from app.extensions import db
from app.register import fields
from app.register.models import RegisterVersion

SHIPPED = Path(__file__).with_name("shipped.yaml")
SHIPPED_BY = "samtykke"


class Overtaken(Exception):
    """Somebody else has changed the entry since it was read."""


@dataclass(frozen=True)
class Entry:
    """One entry as it stands. Version 0 is what comes with the program, from the vendors' public terms."""

    entry: str
    version: int
    body: Mapping[str, Mapping[str, str]]
    unsure: Sequence[str]
    actor: str
    at: datetime | None

    def said(self, field: str, lang: str) -> str:
        return self.body.get(lang, {}).get(field, "")


def all_entries() -> list[Entry]:
    """The company, then the processors."""
    return [current(entry) for entry in fields.ENTRIES]


def current(entry: str) -> Entry:
    """The newest version. Raises LookupError for an entry that is not in the register."""
    fields.of(entry)
    newest = select(RegisterVersion).where(RegisterVersion.entry == entry)
    row = db.session.scalar(newest.order_by(RegisterVersion.version.desc()).limit(1))
    return _entry(row) if row else shipped(entry)


def history(entry: str) -> list[Entry]:
    """Every version there ever was, newest first, down to the one that came with the program."""
    rows = select(RegisterVersion).where(RegisterVersion.entry == entry).order_by(RegisterVersion.version.desc())
    return [*map(_entry, db.session.scalars(rows)), shipped(entry)]


def change(
    entry: str, body: Mapping[str, Mapping[str, str]], unsure: Sequence[str], actor: str, seen: int
) -> Entry | None:
    """A new version; None where nothing differs. `seen` is the version that the change was made from.

    Raises `Overtaken`, LookupError, and ValueError for a text that is too long.
    """
    before = current(entry)
    if before.version != seen:
        raise Overtaken(entry)
    new = {lang: _tidy(entry, body.get(lang, {})) for lang in fields.LANGUAGES}
    doubts = [field for field in fields.of(entry) if field in unsure]
    if (new, set(doubts)) == ({lang: _tidy(entry, before.body[lang]) for lang in new}, set(before.unsure)):
        return None
    row = RegisterVersion(entry=entry, version=seen + 1, body=new, unsure=doubts, actor=actor, at=now())
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError:  # at the same moment
        raise Overtaken(entry) from None
    audit.record(actor, "changed_register", object=f"register:{entry}", note=str(row.version))
    return _entry(row)


def _tidy(entry: str, said: Mapping[str, str]) -> dict[str, str]:
    texts = {field: " ".join(said.get(field, "").split()) for field in fields.of(entry)}
    if any(len(text) > fields.LONGEST for text in texts.values()):
        raise ValueError(f"a field holds at most {fields.LONGEST} characters")
    return texts


def _entry(row: RegisterVersion) -> Entry:
    return Entry(row.entry, row.version, row.body, row.unsure, row.actor, row.at)


def shipped(entry: str) -> Entry:
    """What comes with the program."""
    said = _shipped()[entry]
    body = {lang: {field: " ".join(text.split()) for field, text in said[lang].items()} for lang in fields.LANGUAGES}
    return Entry(entry, 0, body, said["unsure"], SHIPPED_BY, None)


@cache
def _shipped() -> dict[str, Any]:
    held: dict[str, Any] = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    return held
