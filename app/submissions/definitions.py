"""Forms as a company writes them down, in YAML: read, checked, and every mistake named by line and field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.submissions import contradictions, schema
from app.submissions.document import Document, Invalid, Mistakes
from app.submissions.redirects import normal_origin

Definitions = dict[str, Any]
Check = Callable[[Definitions], Mistakes]


def parse(text: str, *further: Check) -> Definitions:
    """The definitions in a YAML text, with every default filled in. Raises `Invalid`.

    `further` checks are asked when all else is right: they may take long.
    """
    document = Document(text)
    problems = document.problems + [document.problem(*mistake) for mistake in schema.mistakes(document.value)]
    for check in (contradictions.mistakes, *further):
        problems = problems or [document.problem(*mistake) for mistake in check(document.value)]
    if problems:
        raise Invalid(sorted(set(problems)))
    return _complete(document.value)


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
