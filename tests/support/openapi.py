"""Check requests and answers against an OpenAPI 3.0 description, more strictly than the description asks.

A name the description does not know is an error too: a misspelt field would otherwise be ignored in silence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator, FormatChecker

FORMATS = FormatChecker()


@FORMATS.checks("date-time", raises=ValueError)
def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


class Description:
    """One description, loaded from a JSON file."""

    def __init__(self, path: Path) -> None:
        self._operations = [
            (method.upper(), re.compile(re.sub(r"\{\w+\}", "[^/]+", template)), operation)
            for template, methods in json.loads(path.read_text())["paths"].items()
            for method, operation in methods.items()
        ]

    def operation(self, method: str, path: str) -> dict[str, Any] | None:
        """The operation that serves `method path`, or None."""
        for verb, pattern, operation in self._operations:
            if verb == method and pattern.fullmatch(path):
                return operation
        return None

    def request_errors(self, method: str, path: str, query: Mapping[str, str], kind: str, body: bytes) -> list[str]:
        """What is wrong with a request; `kind` is its content type. Empty when it keeps the description."""
        operation = self.operation(method, path)
        if operation is None:
            return [f"{method} {path} is not described"]
        return [*_query_errors(operation, query), *_body_errors(operation, kind, body)]

    def answer_errors(self, method: str, path: str, status: int, body: bytes) -> list[str]:
        """What is wrong with an answer. Empty when it keeps the description."""
        operation = self.operation(method, path)
        if operation is None:
            return [] if status in (404, 405) else [f"{method} {path} is not described"]
        answers = operation["responses"]
        if status < 400 and str(status) not in answers:
            return [f"{method} {path} never answers {status}"]
        schema = _schema(answers.get(str(status), answers["default"]))
        if schema is None:
            return [f"{status} has a body"] if body else []
        return _instance_errors(schema, body, writing=False)


def _schema(holder: Mapping[str, Any]) -> Any:
    content = holder.get("content")
    return content["application/json"]["schema"] if content else None


def _query_errors(operation: Mapping[str, Any], query: Mapping[str, str]) -> list[str]:
    known = {p["name"]: p for p in operation.get("parameters", []) if p["in"] == "query"}
    missing = [f"query {name} is missing" for name, p in known.items() if p.get("required") and name not in query]
    unknown = [f"query {name} is unknown" for name in query if name not in known]
    wrong = [
        f"query {name}: {error}"
        for name, text in query.items()
        if name in known
        for error in _errors(known[name]["schema"], _typed(text, known[name]["schema"]), writing=True)
    ]
    return missing + unknown + wrong


def _typed(text: str, schema: Mapping[str, Any]) -> Any:
    """The value a query string spells. What cannot be read as its type stays text, and so fails the type."""
    kind = schema.get("type")
    if kind == "array":
        return text.split(",")
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    return int(text) if kind == "integer" and text.isdecimal() else text


def _body_errors(operation: Mapping[str, Any], kind: str, body: bytes) -> list[str]:
    described = operation.get("requestBody")
    if described is None:
        return [f"a body of {len(body)} bytes where none belongs"] if body else []
    if kind.partition(";")[0] != "application/json":
        return [f"content type {kind!r}"]
    return _instance_errors(_schema(described), body, writing=True)


def _instance_errors(schema: Any, body: bytes, *, writing: bool) -> list[str]:
    try:
        return _errors(schema, json.loads(body), writing=writing)
    except ValueError:
        return ["the body is not JSON"]


def _errors(schema: Any, value: Any, *, writing: bool) -> list[str]:
    found = _validator(json.dumps(schema, sort_keys=True), writing).iter_errors(value)
    return [f"{'/'.join(map(str, error.absolute_path)) or 'body'}: {error.message}" for error in found]


@lru_cache(maxsize=512)
def _validator(schema: str, writing: bool) -> Draft7Validator:
    return Draft7Validator(_strict(json.loads(schema), writing), format_checker=FORMATS)


def _strict(node: Any, writing: bool) -> Any:
    """The schema with unknown names forbidden and, when `writing`, what only the vendor may set."""
    if isinstance(node, list):
        return [_strict(item, writing) for item in node]
    if not isinstance(node, dict):
        return node
    strict = {key: _strict(value, writing) for key, value in node.items() if key != "properties"}
    if isinstance(node.get("properties"), dict):
        strict["properties"] = {
            name: _strict(schema, writing)
            for name, schema in node["properties"].items()
            if not (writing and schema.get("readOnly"))
        }
        strict.setdefault("additionalProperties", False)
    return strict
