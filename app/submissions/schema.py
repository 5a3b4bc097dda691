"""The shape of a company's definitions, which `definition.schema.json` says; its mistakes in words for people."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from app.contacts.addresses import InvalidAddress, canonical
from app.submissions.document import Mistakes, Place

SCHEMA = Path(__file__).with_name("definition.schema.json")
TICKED = {"required", "checked", "ticked", "default", "value"}
NOT_A_BOX = "a consent box can be neither required nor ticked beforehand (GDPR article 4 (11) and 7 (4))"


def _address(value: object) -> bool:
    """An address as it is taken from everybody else."""
    return not isinstance(value, str) or (value.split() == [value] and bool(canonical(value)))


FORMATS = FormatChecker(())
FORMATS.checks("address", raises=InvalidAddress)(_address)


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return schema


def mistakes(value: Any) -> Mistakes:
    """Where the value is not what the schema says, and what is wrong there."""
    for error in Draft202012Validator(_schema(), format_checker=FORMATS).iter_errors(value):
        place = tuple(error.absolute_path)
        if "propertyNames" in error.absolute_schema_path:
            place = (*place, str(error.instance))
        if error.validator == "additionalProperties":
            yield from _unknown(error, place)
        elif error.validator == "required":
            yield from ((place, f"`{name}` is missing") for name in error.validator_value if name not in error.instance)
        else:
            yield place, _said(error)


def _unknown(error: ValidationError, place: Place) -> Mistakes:
    for name in set(error.instance) - set(error.schema.get("properties", ())):
        box = len(place) == 4 and place[2] == "consents" and name in TICKED
        yield (*place, str(name)), NOT_A_BOX if box else "is not known here"


def _said(error: ValidationError) -> str:
    if error.validator_value == _schema()["$defs"]["filled"]["pattern"]:
        return "must not be empty"
    said = {
        "type": f"must be {_kind(error.validator_value)}",
        "enum": f"must be one of {', '.join(map(str, error.validator_value))}" if error.validator == "enum" else "",
        "pattern": f"`{error.instance}` is not written as it must be ({error.validator_value})",
        "format": f"`{error.instance}` is not written as it must be: this is no e-mail address",
        "minLength": "must not be empty",
        "minItems": "must not be empty",
        "minProperties": "must not be empty",
        "uniqueItems": "names something twice",
    }
    return said.get(str(error.validator)) or str(error.message)


def _kind(kind: Any) -> str:
    words = {
        "object": "a mapping",
        "array": "a list",
        "string": "text",
        "boolean": "true or false",
        "integer": "a number",
    }
    return words.get(str(kind), str(kind))


def ordered(values: dict[str, Any], kind: str) -> dict[str, Any]:
    """`values` of a form, field or box in the order in which the schema speaks of them."""
    schema = _schema()["properties"]["forms"]["additionalProperties"]["properties"]
    known = schema if kind == "forms" else schema[kind]["items"]["properties"]
    return {name: values[name] for name in known if name in values}
