"""What is wrong with a request to Stripe, by Stripe's own description of itself."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jsonschema import Draft4Validator

PATHS = json.loads(Path(__file__).with_name("stripe_openapi.json").read_text())["paths"]
PREVIEW = "/v1/privacy/"  # public preview: not described yet
ROUTES = sorted(
    (
        (template.count("{"), re.compile(re.sub(r"\{\w+\}", "[^/]+", template)), methods)
        for template, methods in PATHS.items()
    ),
    key=lambda route: route[0],
)


def errors(method: str, path: str, query: str, body: str) -> list[str]:
    """Empty when the request keeps the description."""
    if path.startswith(PREVIEW):
        return []
    described = next((m for _, rx, m in ROUTES if rx.fullmatch(path) and method.lower() in m), None)
    if described is None:
        return [f"{method} {path} is not described"]
    request = described[method.lower()]
    return [f"query {e}" for e in _wrong(request["query"], query)] + [
        f"body {e}" for e in _wrong(request["body"], body)
    ]


def _wrong(schema: Any, text: str) -> list[str]:
    value = _coerced(nested(text), schema)
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in Draft4Validator(schema).iter_errors(value)]


def nested(text: str) -> dict[str, Any]:
    """`a[b][0]=1` as `{"a": {"b": {"0": "1"}}}`."""
    root: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        *outer, last = [name.partition("[")[0], *re.findall(r"\[([^\]]*)\]", name)]
        place = root
        for part in outer:
            place = place.setdefault(part, {})
        place[last or str(len(place))] = value
    return root


def _coerced(value: Any, schema: Any) -> Any:
    """The value that a form's text stands for, as far as the schema tells."""
    for choice in schema.get("anyOf", ()):
        found = _coerced(value, choice)
        if Draft4Validator(choice).is_valid(found):
            return found
    kind = schema.get("type")
    if isinstance(value, dict):
        return _coerced_object(value, schema, kind)
    if kind == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    return {"true": True, "false": False}.get(value, value) if kind == "boolean" else value


def _coerced_object(value: dict[str, Any], schema: Any, kind: str | None) -> Any:
    if kind == "array" and all(name.isdigit() for name in value):
        return [_coerced(value[name], schema.get("items", {})) for name in sorted(value, key=int)]
    more = schema.get("additionalProperties")
    other = more if isinstance(more, dict) else {}
    return {name: _coerced(item, schema.get("properties", {}).get(name, other)) for name, item in value.items()}
