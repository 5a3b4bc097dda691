"""Exports as tables (CSV, RFC 4180) for spreadsheets. The JSON file holds the same without loss."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from io import StringIO
from typing import Any

FORMULA = re.compile(r"[=@\t\r]|[+-](?![\d\s().-]*$)")  # what a spreadsheet would run; telephone numbers it would not
MARK = "\ufeff"  # spreadsheets then read æ, ø and å


def tables(holder: str, exported: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """A file for every list of rows, and one for all that stands alone: name and content."""
    alone = {key: part for key, part in exported.items() if not _rows(part)}
    if any(alone.values()):
        yield f"csv/{holder}.csv", _table([_flat(alone)])
    for key, part in exported.items():
        if _rows(part):
            yield f"csv/{holder}-{_plain(key)}.csv", _table([_flat(row) for row in part])


def _plain(key: str) -> str:
    """A vendor's heading as part of a file name."""
    return re.sub(r"\W+", "-", key).strip("-")[:60] or "rows"


def _rows(part: Any) -> bool:
    return isinstance(part, list) and bool(part) and all(isinstance(row, Mapping) for row in part)


def _flat(row: Mapping[str, Any], before: str = "") -> dict[str, str]:
    """Maps become columns with dots in their names; a list becomes JSON in one cell."""
    flat: dict[str, str] = {}
    for key, part in row.items():
        flat |= _flat(part, f"{before}{key}.") if isinstance(part, Mapping) else {f"{before}{key}": _cell(part)}
    return flat


def _cell(part: Any) -> str:
    text = part if isinstance(part, str) else "" if part is None else json.dumps(part, ensure_ascii=False)
    return f"'{text}" if FORMULA.match(text) else text


def _table(rows: list[dict[str, str]]) -> bytes:
    out, columns = StringIO(), list(dict.fromkeys(key for row in rows for key in row))
    writer = csv.DictWriter(out, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return (MARK + out.getvalue()).encode()
