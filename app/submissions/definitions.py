"""Forms as a company writes them down, in YAML: read, checked, and every mistake named by line and field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError

from app.submissions.redirects import normal_origin, safe_next

SCHEMA = Path(__file__).with_name("definition.schema.json")
TICKED = {"required", "checked", "ticked", "default", "value"}
NOT_A_BOX = "a consent box can be neither required nor ticked beforehand (GDPR article 4 (11) and 7 (4))"

Place = tuple[str | int, ...]
Definitions = dict[str, Any]


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake: the line it stands on (from 1), the field, and what is wrong."""

    line: int
    field: str
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.field or 'the file'}: {self.text}"


class Invalid(Exception):
    """The file cannot be loaded. `problems` is never empty, and in the order of the file."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class _Loader(yaml.SafeLoader):
    """Dates stay as they are written: a policy's version may be one."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class Document:
    """A YAML text as plain values, and the line each of them stands on."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Place, int] = {(): 1}
        self.repeated: list[Problem] = []
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            self.value: Any = loader.construct_document(node) if node else None
            self._walk(node, ())
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            raise Invalid([_unreadable(error)]) from None

    def _walk(self, node: yaml.Node | None, place: Place) -> None:
        self.lines.setdefault(place, node.start_mark.line + 1 if node else 1)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                self._member(key, value, place)
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self._walk(item, (*place, index))

    def _member(self, key: yaml.Node, value: yaml.Node, place: Place) -> None:
        inside: Place = (*place, str(key.value))
        line = key.start_mark.line + 1
        if inside in self.lines:
            self.repeated.append(Problem(line, named(inside), f"stands twice, also on line {self.lines[inside]}"))
        self.lines[inside] = line
        self._walk(value, inside)

    def problem(self, place: Place, text: str) -> Problem:
        """A mistake at this place, or at the nearest one around it that the file holds."""
        known = place
        while known not in self.lines:
            known = known[:-1]
        return Problem(self.lines[known], named(place), text)


def named(place: Place) -> str:
    """`forms.kontakt.fields[0].kind`."""
    words = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in place]
    return "".join(words).lstrip(".")


def _unreadable(error: Exception) -> Problem:
    mark = getattr(error, "problem_mark", None)
    text = getattr(error, "problem", None) or "cannot be read"
    return Problem(mark.line + 1 if mark else 1, "", f"this is not YAML: {text}")


def parse(text: str) -> Definitions:
    """The definitions in a YAML text, with every default filled in. Raises `Invalid`."""
    document = Document(text)
    problems = document.repeated + [document.problem(*mistake) for mistake in _schema_mistakes(document.value)]
    if not problems:
        problems = [document.problem(*mistake) for mistake in _contradictions(document.value)]
    if problems:
        raise Invalid(sorted(set(problems)))
    return _complete(document.value)


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return schema


def _schema_mistakes(value: Any) -> Iterator[tuple[Place, str]]:
    for error in Draft202012Validator(_schema()).iter_errors(value):
        place = tuple(error.absolute_path)
        if error.validator == "additionalProperties":
            yield from _unknown(error, place)
        elif error.validator == "required":
            yield from ((place, f"`{name}` is missing") for name in error.validator_value if name not in error.instance)
        else:
            yield place, _said(error)


def _unknown(error: ValidationError, place: Place) -> Iterator[tuple[Place, str]]:
    for name in set(error.instance) - set(error.schema.get("properties", ())):
        box = len(place) == 4 and place[2] == "consents" and name in TICKED
        yield (*place, str(name)), NOT_A_BOX if box else "is not known here"


def _said(error: ValidationError) -> str:
    said = {
        "type": f"must be {_kind(error.validator_value)}",
        "enum": f"must be one of {', '.join(map(str, error.validator_value))}" if error.validator == "enum" else "",
        "pattern": f"`{error.instance}` is not written as it must be ({error.validator_value})",
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


def _contradictions(value: Definitions) -> Iterator[tuple[Place, str]]:
    """What the schema cannot say: names that must exist, and words in every language of the site."""
    for slug, site in value["sites"].items():
        if normal_origin(site["origin"].rstrip("/")) is None:
            yield ("sites", slug, "origin"), "must be scheme://host or scheme://host:port, nothing more"
    for slug, form in value["forms"].items():
        place = ("forms", slug)
        if form["site"] not in value["sites"]:
            yield (*place, "site"), f"there is no site `{form['site']}`"
        else:
            yield from _in_form(form, value["sites"][form["site"]], value.get("purposes") or {}, place)


def _in_form(
    form: dict[str, Any], site: dict[str, Any], purposes: dict[str, Any], place: Place
) -> Iterator[tuple[Place, str]]:
    yield from _names(form, place)
    yield from _languages(form, site, purposes, place)
    yield from _consents(form, purposes, place)
    for name in ("page", "thanks_page"):
        if name in form and safe_next(form[name], site["origin"].rstrip("/")) is None:
            yield (*place, name), "must be on the form's own site, over https"
    for index, field in enumerate(form["fields"]):
        if (field["kind"] == "select") != ("options" in field):
            yield (*place, "fields", index), "`options` belong to a field of kind select, and to no other"
        if field.get("min", 0) > field.get("max", 20_000):
            yield (*place, "fields", index, "min"), "is more than `max`"


def _names(form: dict[str, Any], place: Place) -> Iterator[tuple[Place, str]]:
    seen: set[str] = set()
    for where, item in _inputs(form, place):
        for name in (item["name"], *item.get("aliases", ())):
            if name.casefold() in seen:
                yield where, f"`{name}` names two things in this form"
            seen.add(name.casefold())


def _inputs(form: dict[str, Any], place: Place) -> Iterator[tuple[Place, dict[str, Any]]]:
    for part in ("fields", "consents"):
        for index, item in enumerate(form.get(part, ())):
            yield (*place, part, index, "name"), item
    if "age" in form:
        yield (*place, "age", "name"), form["age"]


def _languages(
    form: dict[str, Any], site: dict[str, Any], purposes: dict[str, Any], place: Place
) -> Iterator[tuple[Place, str]]:
    asked = {consent["purpose"] for consent in form.get("consents", ())} & set(purposes)
    for where, words in (*_words(form, place), *_words({p: purposes[p] for p in sorted(asked)}, ("purposes",))):
        for lang in site.get("languages", ("nb", "en")):
            if lang not in words:
                yield where, f"`{lang}` is missing, and the site speaks it"


def _words(value: Any, place: Place) -> Iterator[tuple[Place, dict[str, str]]]:
    """Every mapping of language to words below here."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _words(item, (*place, index))
    elif isinstance(value, dict):
        if value and set(value) <= {"nb", "en"}:
            yield place, value
        else:
            for name, item in value.items():
                yield from _words(item, (*place, name))


def _consents(form: dict[str, Any], purposes: dict[str, Any], place: Place) -> Iterator[tuple[Place, str]]:
    for index, consent in enumerate(form.get("consents", ())):
        if consent["purpose"] not in purposes:
            yield (*place, "consents", index, "purpose"), f"there is no purpose `{consent['purpose']}`"
    if form.get("consents") and "email" not in {field["kind"] for field in form["fields"]}:
        yield (*place, "consents"), "a form that asks consent needs a field of kind email: the letter must go somewhere"


def _complete(value: Definitions) -> Definitions:
    """The same with every default written out, so that equal meanings are equal definitions."""
    company = {"org_number": "", "phone": "", **value["company"]}
    sites = {slug: _complete_site(site) for slug, site in value["sites"].items()}
    forms = {slug: _complete_form(form) for slug, form in value["forms"].items()}
    return {"company": company, "purposes": value.get("purposes") or {}, "sites": sites, "forms": forms}


def _complete_site(site: dict[str, Any]) -> dict[str, Any]:
    defaults = {"languages": ["nb", "en"], "color": "#1f4f46", "logo_url": "", "contact_urls": {}}
    origin = normal_origin(site["origin"].rstrip("/"))
    return {**defaults, "policy": {"version": "", "urls": {}}, **site, "origin": origin}


def _complete_form(form: dict[str, Any]) -> dict[str, Any]:
    words: dict[str, Any] = {name: {} for name in ("intro", "submit", "thanks", "other_contact")}
    rest = {"open": True, "page": "", "thanks_page": "", "notify": [], "forget_unconfirmed": False, "age": None}
    fields = [{"required": False, "help": {}, "aliases": [], **field} for field in form["fields"]]
    consents = [{"aliases": [], **consent} for consent in form.get("consents", ())]
    return {**words, **rest, **form, "fields": fields, "consents": consents}


def ordered(values: dict[str, Any], kind: str) -> dict[str, Any]:
    """`values` of a form, field or box in the order in which the schema speaks of them."""
    schema = _schema()["properties"]["forms"]["additionalProperties"]["properties"]
    known = schema if kind == "forms" else schema[kind]["items"]["properties"]
    return {name: values[name] for name in known if name in values}
