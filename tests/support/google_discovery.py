"""Check requests and answers against Google's own discovery documents, which come with its library.

Stricter than Google: an unknown name, or a value that only Google may write, is an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import googleapiclient
from jsonschema import Draft7Validator

DOCUMENTS = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
NAMES = ("gmail.v1", "people.v1", "admin.directory_v1")
# The description calls these read-only or leaves them out, and the API's guide has us send them.
WRITTEN_ALL_THE_SAME = {"etag", "metadata", "sources"}


@dataclass(frozen=True)
class Operation:
    """One method of one service."""

    id: str
    verb: str
    pattern: re.Pattern[str]
    described: Mapping[str, Any]
    schemas: Mapping[str, Any]

    @property
    def scopes(self) -> set[str]:
        return set(self.described.get("scopes", []))

    def request_errors(self, query: Mapping[str, list[str]], body: bytes) -> list[str]:
        """What is wrong with a request, empty where nothing is."""
        return [*self._query_errors(query), *self._body_errors("request", body, writing=True)]

    def answer_errors(self, body: bytes) -> list[str]:
        """What is wrong with a good answer."""
        return self._body_errors("response", body, writing=False)

    def _query_errors(self, query: Mapping[str, list[str]]) -> Iterator[str]:
        known = {n: p for n, p in self.described.get("parameters", {}).items() if p["location"] == "query"}
        yield from (f"query {name} is missing" for name, p in known.items() if p.get("required") and name not in query)
        for name, values in query.items():
            if name == "alt":
                continue
            if name not in known:
                yield f"query {name} is unknown"
            elif len(values) > 1 and not known[name].get("repeated"):
                yield f"query {name} is repeated"
            else:
                yield from (f"query {name}={value}" for value in values if not _typed(value, known[name]))

    def _body_errors(self, which: str, body: bytes, *, writing: bool) -> list[str]:
        described = self.described.get(which)
        if described is None:
            return [f"a body of {len(body)} bytes where none belongs"] if body else []
        try:
            value = json.loads(body)
        except ValueError:
            return ["the body is not JSON"]
        validator = _validator(self.id.partition(".")[0], described["$ref"], writing)
        return [f"{'/'.join(map(str, e.absolute_path)) or 'body'}: {e.message}" for e in validator.iter_errors(value)]


def operation(verb: str, path: str) -> Operation | None:
    """The method that serves `verb path`, or None."""
    for found in operations():
        if found.verb == verb and found.pattern.fullmatch(path):
            return found
    return None


@cache
def operations() -> tuple[Operation, ...]:
    """Every method of the three services; those with fewer wildcards first."""
    found = [method for name in NAMES for method in _methods(_document(name), _document(name)["schemas"])]
    return tuple(sorted(found, key=lambda method: method.pattern.pattern.count("+")))


@cache
def _document(name: str) -> Any:
    return json.loads((DOCUMENTS / f"{name}.json").read_text(encoding="utf-8"))


def _methods(resource: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[Operation]:
    for method in resource.get("methods", {}).values():
        template = re.split(r"(\{\+?\w+\})", method["path"])
        pattern = "".join(_placeholder(part, method) if part.startswith("{") else re.escape(part) for part in template)
        yield Operation(method["id"], method["httpMethod"], re.compile(f"/{pattern}"), method, schemas)
    for inner in resource.get("resources", {}).values():
        yield from _methods(inner, schemas)


def _placeholder(part: str, method: Mapping[str, Any]) -> str:
    """One segment; of `{+name}` as many as its own pattern says."""
    if not part.startswith("{+"):
        return "[^/]+"
    return str(method["parameters"][part.strip("{+}")]["pattern"]).strip("^$")


def _typed(text: str, parameter: Mapping[str, Any]) -> bool:
    kind = parameter.get("type")
    if kind == "boolean":
        return text in ("true", "false")
    if kind == "integer":
        return text.isdecimal() and int(parameter.get("minimum", 0)) <= int(text) <= int(parameter.get("maximum", 1e9))
    return "enum" not in parameter or text in parameter["enum"]


@cache
def _validator(service: str, ref: str, writing: bool) -> Draft7Validator:
    name = {"gmail": "gmail.v1", "people": "people.v1", "directory": "admin.directory_v1"}[service]
    definitions = {key: _schema(value, writing) for key, value in _document(name)["schemas"].items()}
    return Draft7Validator({"$ref": f"#/definitions/{ref}", "definitions": definitions})


def _schema(node: Any, writing: bool) -> Any:
    """A schema of a discovery document as JSON Schema, unknown names forbidden."""
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return {"$ref": f"#/definitions/{node['$ref']}"}
    kept = {"type": node["type"]} if node.get("type", "any") != "any" else {}
    if "enum" in node:
        kept["enum"] = node["enum"]
    if "items" in node:
        kept["items"] = _schema(node["items"], writing)
    if "properties" in node:
        kept["properties"] = {
            name: _schema(value, writing)
            for name, value in node["properties"].items()
            if not (writing and value.get("readOnly") and name not in WRITTEN_ALL_THE_SAME)
        }
        kept["additionalProperties"] = False
    elif "additionalProperties" in node:
        kept["additionalProperties"] = _schema(node["additionalProperties"], writing)
    return kept
