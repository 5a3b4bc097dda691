"""What the schema cannot say of a company's definitions: names must exist, and words in every language of the site."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.contacts import suppression
from app.submissions.answers import clean_text
from app.submissions.document import Mistakes, Place
from app.submissions.redirects import normal_origin, safe_next


def mistakes(value: dict[str, Any]) -> Mistakes:
    """Where they stand, and what is wrong there."""
    for slug, site in value["sites"].items():
        if normal_origin(site["origin"].rstrip("/")) is None:
            yield ("sites", slug, "origin"), "must be scheme://host or scheme://host:port, nothing more"
    if suppression.ALL in (value.get("purposes") or {}):
        yield ("purposes", suppression.ALL), f"`{suppression.ALL}` means every purpose, and cannot be the name of one"
    for slug, form in value["forms"].items():
        place = ("forms", slug)
        if form["site"] not in value["sites"]:
            yield (*place, "site"), f"there is no site `{form['site']}`"
        else:
            yield from _in_form(form, value["sites"][form["site"]], value.get("purposes") or {}, place)


def _in_form(form: dict[str, Any], site: dict[str, Any], purposes: dict[str, Any], place: Place) -> Mistakes:
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
        yield from _options(field, (*place, "fields", index, "options"))


def _options(field: dict[str, Any], place: Place) -> Mistakes:
    for index, option in enumerate(field.get("options", ())):
        if (arrives := clean_text(option["value"])) != option["value"]:
            yield (*place, index, "value"), f"`{option['value']}` can never be chosen: it arrives as `{arrives}`"


def _names(form: dict[str, Any], place: Place) -> Mistakes:
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


def _languages(form: dict[str, Any], site: dict[str, Any], purposes: dict[str, Any], place: Place) -> Mistakes:
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


def _consents(form: dict[str, Any], purposes: dict[str, Any], place: Place) -> Mistakes:
    asked: set[str] = set()
    for index, consent in enumerate(form.get("consents", ())):
        purpose, where = consent["purpose"], (*place, "consents", index, "purpose")
        if purpose not in purposes:
            yield where, f"there is no purpose `{purpose}`"
        if purpose in asked:
            yield where, f"`{purpose}` is asked for twice in this form"
        asked.add(purpose)
    if form.get("consents") and "email" not in {field["kind"] for field in form["fields"]}:
        yield (*place, "consents"), "a form that asks consent needs a field of kind email: the letter must go somewhere"
