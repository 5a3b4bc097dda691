"""A form as people see it: the same words for our own page, for the script and for the demo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from app.consent import texts
from app.submissions.catalogue import Published, worded

PLAIN = {"org_number": "text"}  # kinds that browsers do not know


def shown(form: Published, lang: str) -> dict[str, Any]:
    """The form in a language, as `public/form.html` wants it. Boxes come unticked: there is no way to say otherwise."""
    age = form.definition["age"]
    return {
        "slug": form.slug,
        "title": form.says("title", lang),
        "intro": form.says("intro", lang),
        "submit_label": form.says("submit", lang),
        "fields": [_field(field, lang) for field in form.fields.values()],
        "consents": _boxes(form, lang),
        "age": {"name": form.age, "text": worded(age["text"], lang)} if age else None,
    }


def _field(field: Mapping[str, Any], lang: str) -> dict[str, Any]:
    options = [{"value": o["value"], "label": worded(o["label"], lang)} for o in field.get("options", ())]
    return {
        "name": field["name"],
        "kind": PLAIN.get(field["kind"], field["kind"]),
        "label": worded(field["label"], lang),
        "help": worded(field["help"], lang),
        "required": field["required"],
        "autocomplete": field.get("autocomplete", ""),
        "options": options,
    }


def _boxes(form: Published, lang: str) -> list[dict[str, Any]]:
    found = ((box, texts.by_hash(worded(box["texts"], lang))) for box in form.boxes.values())
    return [
        {"name": box["name"], "purpose": texts.label(box["purpose"], lang), "text": row.text, "hash": row.hash}
        for box, row in found
        if row
    ]


def other_contact(form: Published, lang: str) -> str:
    """Another way to reach the company, for whoever would rather not use a form."""
    company = form.site.company
    own = form.says("other_contact", lang)
    if own or not company.email:
        return own
    ways: str = _("You can also write to %(email)s.", email=company.email)
    if company.phone:
        ways = _("You can also write to %(email)s or call %(phone)s.", email=company.email, phone=company.phone)
    return ways
