"""Any export as headings, paragraphs and named facts, in the language that is being spoken. Pure.

Our own export brings words for people (`label`, `value`); vendors use names of their own, which are made readable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext as _

from app.billing.labels import sale_label
from app.i18n import when
from app.labels import state_label
from app.privacy import words
from app.privacy.archive.names import name_of

Node = dict[str, Any]

MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")
SECONDS = re.compile(r"(created|date|timestamp|.*_(at|start|end|date))")  # vendors' counts of seconds since 1970
# For programs only; they stand in the JSON file. Where there is a label, the name it stands for is one of them.
HIDDEN = {"id", "object", "field", "fields", "entry", "kind", "text_version", "party", "list_id", "level"}
NAMED = ("label", "form", "name", "subject", "number", "group", "processor")  # what a row is called, the first there is
DEEPEST = 6


def heading(text: str, level: int) -> Node:
    return {"is": "heading", "text": text, "level": level}


def paragraph(text: str) -> Node:
    return {"is": "text", "text": text}


def facts(rows: Iterable[tuple[str, str]]) -> Node:
    return {"is": "facts", "rows": [{"label": label, "text": text} for label, text in rows if text]}


def told(value: Mapping[str, Any], level: int) -> Iterator[Node]:
    """Everything in it, what is plain before what is nested; headings from `level` down, none over nothing."""
    plain = facts((name_of(key), said(key, part)) for key, part in value.items() if not _nested(part) and _shown(key))
    if plain["rows"]:
        yield plain
    for key, part in value.items():
        inner = list(_inner(part, level + 1)) if _nested(part) and _shown(key) else []
        if inner:
            yield heading(name_of(key), min(level, DEEPEST))
            yield from inner


def _inner(part: Any, level: int) -> Iterator[Node]:
    return told(part, level) if isinstance(part, Mapping) else _rows(part, level)


def _rows(rows: list[Any], level: int) -> Iterator[Node]:
    if all("label" in row and "value" in row for row in rows):
        yield facts((row["label"], _with_source(row)) for row in rows)
    elif all(_title(row) and len(_rest(row)) == 1 and not any(map(_nested, row.values())) for row in rows):
        yield facts((_named(row), said(*_rest(row)[0])) for row in rows)
    else:
        for row in rows:
            yield from _row(row, level)


def _row(row: Mapping[str, Any], level: int) -> Iterator[Node]:
    if not _title(row):
        yield from told(row, level)
        return
    yield heading(_named(row), min(level, DEEPEST))
    yield from told(dict(_rest(row)), level + 1)


def _title(row: Mapping[str, Any]) -> str:
    """The name of the value that a row is called by; nothing where there is none."""
    return next((name for name in NAMED if row.get(name) and not _nested(row[name])), "")


def _named(row: Mapping[str, Any]) -> str:
    return said(_title(row), row[_title(row)])


def _rest(row: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What a row says besides what it is called. A label stands for a purpose's own name."""
    apart = {_title(row)} | ({"purpose"} if "label" in row else set())
    return [(key, part) for key, part in row.items() if key not in apart and _shown(key)]


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
    if isinstance(value, str) and key in SPOKEN:
        return SPOKEN[key](value)
    if isinstance(value, list):
        return ", ".join(said(key, part) for part in value)
    if isinstance(value, int) and value > 10**9 and SECONDS.fullmatch(key):
        return when(datetime.fromtimestamp(value, UTC))
    if isinstance(value, str) and MOMENT.fullmatch(value):
        return _moment(value)
    return "" if value is None or value == {} else str(value)


def _language(tag: str) -> str:
    return {"nb": str(_("Norwegian")), "en": str(_("English"))}.get(tag, tag)


def _status(word: str) -> str:
    """Of a member of a list, or of a sale; a vendor's own word where we have none."""
    return sale_label(state_label(word))


def _list(word: str) -> str:
    """Where a list came from that a company brought along."""
    return {"csv": str(_("A file")), "mailchimp": "Mailchimp"}.get(word, word)


# Words of ours that a person would not understand.
SPOKEN: dict[str, Callable[[str], str]] = {
    "language": _language,
    "text_language": _language,
    "list": _list,
    "processor": words.holder,
    "source": _list,
    "status": _status,
}


def _moment(value: str) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    return when(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
