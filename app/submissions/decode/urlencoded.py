"""application/x-www-form-urlencoded, as browsers and PHP write it."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote_to_bytes

from app.submissions.decode.limits import MAX_FIELDS, Decoded, TooLarge, as_text


def read(raw: bytes) -> Decoded:
    """Raises TooLarge and Unreadable. A name without `=` is a field with an empty value."""
    if raw.count(b"&") >= MAX_FIELDS:
        raise TooLarge("too_many_fields")
    raw = raw.rstrip(b"\r\n")
    try:
        return Decoded(parse_qsl(raw.decode("utf-8"), keep_blank_values=True, errors="strict"))
    except UnicodeDecodeError:
        return _field_by_field(raw)


def _field_by_field(raw: bytes) -> Decoded:
    # One page in an old encoding may carry fields that a script wrote as UTF-8, so each is judged alone.
    decoded = Decoded([])
    for piece in filter(None, raw.split(b"&")):
        name, _, value = (unquote_to_bytes(part) for part in piece.replace(b"+", b" ").partition(b"="))
        (name_text, odd_name), (value_text, odd_value) = as_text(name), as_text(value)
        decoded.pairs.append((name_text, value_text))
        decoded.latin1 |= odd_name or odd_value
    return decoded
