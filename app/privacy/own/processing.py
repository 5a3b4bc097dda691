"""What a person is told besides her data: what for, on which ground, who gets it, how long (GDPR article 15 (1))."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app import processors
from app.privacy.own.who import Who
from app.processors.base import Held
from app.register import fields
from app.register import service as register
from app.register.printed import NAMES

TOLD = ("contact", "officer", "purposes", "why", "ground", "holds", "recipients", "country", "retention", "backups")


def find(who: Who) -> Iterator[Held]:
    """It is about everybody."""
    yield from ()


def export(who: Who, lang: str) -> dict[str, Any]:
    """`processing`: the company, then each processor that is turned on, in the words of the company's own record."""
    names = [name for name in fields.ENTRIES if name == fields.COMPANY or name in processors.active()]
    return {"processing": [_shown(register.current(name), lang) for name in names]}


def _shown(entry: register.Entry, lang: str) -> dict[str, Any]:
    said = [(field, entry.said(field, lang)) for field in fields.of(entry.entry) if field in TOLD]
    return {
        "entry": entry.entry,
        "name": entry.said("name", lang),
        "said": [{"field": field, "label": NAMES[lang][field], "value": value} for field, value in said if value],
    }


def erase(who: Who) -> None:
    """Nothing of hers."""
