"""JSON bodies, spelled out as the pairs a form would have sent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, NoReturn

from app.submissions.decode.limits import (
    MAX_FIELDS,
    MAX_LIST,
    Decoded,
    Pairs,
    TooLarge,
    Unreadable,
    as_text,
    check_depth,
)

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def read(raw: bytes) -> Decoded:
    """Raises TooLarge and Unreadable. `null` vanishes, as it does when PHP writes a form; numbers stay as written.

    A key given twice is refused (RFC 8259 leaves its meaning open): two readers must never see two different answers.
    """
    body, latin1 = as_text(raw)
    document = _parse(body)
    pairs = list(islice(_fields(document), MAX_FIELDS + 1))
    _refuse_repeated(pairs)
    return Decoded(pairs, latin1)


def _parse(body: str) -> dict[str, Any]:
    try:
        document = _DECODER.decode(body)
    except RecursionError:
        raise Unreadable("too_deep") from None
    except ValueError:
        raise Unreadable("json") from None
    if isinstance(document, list) and len(document) == 1:
        document = document[0]  # some senders wrap their one entry in a list
    if not isinstance(document, dict):
        raise Unreadable("json_not_an_object")
    return document


def _fields(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in document.items():
        yield from _flatten(name, value)


def _flatten(name: str, value: Any) -> Iterator[tuple[str, str]]:
    check_depth(name)
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _flatten(f"{name}[{key}]", item)
    elif isinstance(value, list):
        for key, item in _numbered(value):
            yield from _flatten(f"{name}[{key}]", item)
    elif value is not None:
        yield _clean(name), _scalar(value)


def _numbered(items: list[Any]) -> Iterator[tuple[str, Any]]:
    """A plain list is `a[]`; members with fields of their own are told apart by number."""
    if len(items) > MAX_LIST:
        raise TooLarge("list_too_long")
    nested = any(isinstance(item, dict | list) for item in items)
    return ((str(index) if nested else "", item) for index, item in enumerate(items))


def _scalar(value: str | bool) -> str:
    return _clean(value) if isinstance(value, str) else str(value).lower()


def _clean(text: str) -> str:
    return text if text.isascii() else _LONE_SURROGATE.sub("\ufffd", text)


def _refuse_repeated(pairs: Pairs) -> None:
    names = [name.replace("\0", "") for name, _ in pairs if not name.endswith("[]")]
    if len(names) != len(set(names)):
        raise Unreadable("duplicate_key")


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        raise Unreadable("duplicate_key")
    return found


def _no_constants(_name: str) -> NoReturn:
    raise Unreadable("json_not_a_number")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_constant=_no_constants,
    parse_int=str,
    parse_float=str,
    strict=False,  # templates in the wild paste line breaks unescaped
)
