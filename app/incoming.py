"""What comes in by address and form, without NUL: nobody types one, and PostgreSQL refuses to look for or store it."""

from __future__ import annotations

from typing import Any

from flask import Flask, Request
from werkzeug.datastructures import ImmutableMultiDict, iter_multi_items
from werkzeug.routing import UnicodeConverter

NUL = "\0"


class Parameters(ImmutableMultiDict[str, Any]):
    """The values of a query or a form. A file is left as it is."""

    def __init__(self, mapping: Any = None) -> None:
        super().__init__([(_clean(name), _clean(value)) for name, value in iter_multi_items(mapping or ())])


def _clean(value: Any) -> Any:
    return value.replace(NUL, "") if isinstance(value, str) else value


class CleanRequest(Request):
    parameter_storage_class = Parameters


class Segment(UnicodeConverter):
    """A part of a path. One with a NUL in it leads nowhere."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.regex = self.regex.replace("[^/]", r"[^/\x00]")


def init_app(app: Flask) -> None:
    """Before any route is made."""
    app.request_class = CleanRequest
    app.url_map.converters |= {"default": Segment, "string": Segment}
