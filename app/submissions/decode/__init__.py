"""The bytes of a form as ordered pairs of text, whatever the sender called them.

The declared type is a hint only: there are senders that put JSON under a form type, and form bytes under a JSON type.
"""

from __future__ import annotations

import re

from app.submissions.decode import documents, multipart, urlencoded
from app.submissions.decode.limits import (
    MAX_BODY,
    MAX_DEPTH,
    MAX_FIELDS,
    MAX_LIST,
    MAX_NAME,
    MAX_VALUE,
    Decoded,
    DecodeError,
    TooLarge,
    Unreadable,
    Unsupported,
    check,
)

__all__ = [
    "MAX_BODY",
    "MAX_DEPTH",
    "MAX_FIELDS",
    "MAX_LIST",
    "MAX_NAME",
    "MAX_VALUE",
    "DecodeError",
    "Decoded",
    "TooLarge",
    "Unreadable",
    "Unsupported",
    "decode",
]

FORM, MULTIPART, JSON = "application/x-www-form-urlencoded", "multipart/form-data", "application/json"
_BOM = b"\xef\xbb\xbf"
_JSON_START = re.compile(rb"[ \t\r\n]*[{\[]")


def decode(raw: bytes, content_type: str) -> Decoded:
    """The pairs in `raw`, in the order sent. Objects and lists of JSON arrive as `a[b]` and `a[]`.

    Raises TooLarge (413), Unsupported (415) or Unreadable (400), and nothing else whatever the bytes.
    A body that holds no field at all is Unreadable, never an empty success.
    """
    if len(raw) > MAX_BODY:
        raise TooLarge("body_too_large")
    raw = raw.removeprefix(_BOM)
    decoded = _read(raw, content_type)
    decoded.pairs = check(decoded.pairs)
    if not decoded.pairs and not decoded.dropped:
        raise Unreadable("empty")
    return decoded


def _read(raw: bytes, content_type: str) -> Decoded:
    media = content_type.partition(";")[0].strip().lower()
    if media not in (FORM, MULTIPART, JSON):
        raise Unsupported("unsupported_type")
    if _JSON_START.match(raw):
        return documents.read(raw)
    if media == MULTIPART:
        return multipart.read(raw, content_type)
    if media == JSON and (b"=" not in raw or raw.lstrip()[:1] == b'"'):
        raise Unreadable("json")
    return urlencoded.read(raw)
