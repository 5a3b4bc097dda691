"""multipart/form-data (RFC 7578). Files are not accepted: they are named and left out."""

from __future__ import annotations

from collections.abc import Iterator

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder

from app.submissions.decode.limits import MAX_FIELDS, Decoded, TooLarge, Unreadable, as_text


def read(raw: bytes, content_type: str) -> Decoded:
    """Raises TooLarge and Unreadable. An empty file input, which browsers also send, is not worth naming."""
    try:
        return _read(raw, _boundary(content_type))
    except UnicodeDecodeError:  # a field name in an old encoding: the parser wants UTF-8 there
        decoded = _read_latin1(raw, _boundary(content_type))
        decoded.latin1 = True
        return decoded
    except RequestEntityTooLarge:
        raise TooLarge("too_many_fields") from None
    except ValueError:
        raise Unreadable("multipart") from None


def _boundary(content_type: str) -> bytes:
    boundary = parse_options_header(content_type)[1].get("boundary", "")
    if not boundary or not boundary.isascii():
        raise Unreadable("multipart")
    return boundary.encode("ascii")


def _read_latin1(raw: bytes, boundary: bytes) -> Decoded:
    try:
        return _read(raw.decode("cp1252").encode("utf-8"), boundary)
    except RequestEntityTooLarge:
        raise TooLarge("too_many_fields") from None
    except ValueError:
        raise Unreadable("encoding") from None


def _read(raw: bytes, boundary: bytes) -> Decoded:
    decoded = Decoded([])
    for part, content in _parts(raw, boundary):
        if isinstance(part, File):
            if part.filename or content:
                decoded.dropped.append(part.name or "")
        elif part.name:
            text, latin1 = as_text(content)
            decoded.pairs.append((part.name, text))
            decoded.latin1 |= latin1
    return decoded


def _parts(raw: bytes, boundary: bytes) -> Iterator[tuple[Field | File, bytes]]:
    part: Field | File | None = None
    content = b""
    for event in _events(raw, boundary):
        if isinstance(event, Field | File):
            part, content = event, b""
        elif isinstance(event, Data) and part is not None:
            content += event.data
            if not event.more_data:
                yield part, content


def _events(raw: bytes, boundary: bytes) -> Iterator[Event]:
    decoder = MultipartDecoder(boundary, max_parts=MAX_FIELDS)
    decoder.receive_data(raw)
    decoder.receive_data(None)
    event = decoder.next_event()
    while not isinstance(event, Epilogue):
        yield event
        event = decoder.next_event()
