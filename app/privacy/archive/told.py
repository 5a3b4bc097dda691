"""Any export as headings, paragraphs and named facts, in the language that is being spoken. Pure.

Our own export brings words for people (`label`, `value`); vendors use names of their own, which are made readable.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext as _

from app.i18n import when
from app.privacy.archive.names import name_of

Node = dict[str, Any]

MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")
SECONDS = re.compile(r"(created|date|timestamp|.*_(at|start|end|date))")  # vendors' counts of seconds since 1970
# For programs only; they stand in the JSON file. Where there is a label, the name it stands for is one of them.
HIDDEN = {"id", "object", "field", "fields", "entry", "kind", "text_version", "party"}
NAMED = ("label", "form", "name", "subject", "number", "group", "processor")  # what a row is called, the first there is
DEEPEST = 6


def heading(text: str, level: int) -> Node:
    return {"is": "heading", "text": text, "level": level}


def paragraph(text: str) -> Node:
    return {"is": "text", "text": text}


def facts(rows: Iterable[tuple[str, str]]) -> Node:
    return {"is": "facts", "rows": [{"label": label, "text": text} for label, text in rows if text]}


def told(value: Mapping[str, Any], level: int) -> Iterator[Node]:
    """Everything in it, what is plain before what is nested; headings from `level` down."""
    plain = [(name_of(key), said(key, part)) for key, part in value.items() if not _nested(part) and _shown(key)]
    if any(text for _label, text in plain):
        yield facts(plain)
    for key, part in value.items():
        if _nested(part) and _shown(key):
            yield heading(name_of(key), min(level, DEEPEST))
            yield from told(part, level + 1) if isinstance(part, Mapping) else _rows(part, level + 1)


def _rows(rows: list[Any], level: int) -> Iterator[Node]:
    if all("label" in row and "value" in row for row in rows):
        yield facts((row["label"], _with_source(row)) for row in rows)
        return
    for row in rows:
        title = next((name for name in NAMED if row.get(name) and not _nested(row[name])), "")
        if title:
            yield heading(said(title, row[title]), min(level, DEEPEST))
        yield from told({key: part for key, part in row.items() if key != title}, level + 1)


def _with_source(row: Mapping[str, Any]) -> str:
    """A value, where it came from, and when."""
    more = [said(key, row[key]) for key in ("result", "source", "at") if row.get(key)]
    return f"{said('value', row['value'])} ({', '.join(more)})" if more else said("value", row["value"])


def _nested(part: Any) -> bool:
    """A map, or a list of maps. What is empty is neither."""
    return bool(part) and (isinstance(part, Mapping) or (isinstance(part, list) and all(map(_is_map, part))))


def _is_map(row: Any) -> bool:
    return isinstance(row, Mapping)


def _shown(key: str) -> bool:
    return key not in HIDDEN


def said(key: str, value: Any) -> str:
    """One value in words; nothing for what is empty."""
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    if isinstance(value, list):
        return ", ".join(said(key, part) for part in value)
    if isinstance(value, int) and value > 10**9 and SECONDS.fullmatch(key):
        return when(datetime.fromtimestamp(value, UTC))
    if isinstance(value, str) and MOMENT.fullmatch(value):
        return _moment(value)
    return "" if value is None or value == {} else str(value)


def _moment(value: str) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    return when(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
