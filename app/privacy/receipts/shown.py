"""A receipt for people, in the language that is being spoken: the same words on the page and on paper."""

from __future__ import annotations

from typing import Any

from flask import current_app
from flask_babel import gettext as _

from app.crypto import canonical_json, sha256_hex
from app.encoding import b64
from app.labels import org_number
from app.privacy import words as requests
from app.privacy.models import PrivacyReceipt
from app.privacy.receipts import words
from app.sites.models import Site

Fact = dict[str, Any]


def shown(receipt: PrivacyReceipt) -> dict[str, Any]:
    """Everything a reader needs; text only."""
    said = receipt.statement
    return {
        "title": _("Receipt: %(what)s", what=requests.right(said["kind"])),
        "lead": _("This is what was done. It names nobody, so you can show it to anyone."),
        "facts": _facts(said),
        "places": [place for held in said["holders"] if (place := _place(held))["lines"]],
        "complain": complain(),
        "proof": _(
            "What we did was written down step by step, before and after each step, and sealed. This receipt is "
            "signed: whoever has its number can see whether as much as a comma has been changed."
        ),
        "checks": _checks(receipt),
    }


def _facts(said: dict[str, Any]) -> list[Fact]:
    rows = [
        (_("What was asked"), f"{requests.right(said['kind'])} ({words.article(said['kind'])})"),
        (_("How it ended"), requests.state(said["state"])),
        (_("Why not"), requests.denial(said["denial"]) if said["denial"] else ""),
        (_("Received"), words.moment_of(said["received_at"])),
        (_("Identity proven"), words.moment_of(said["proven_at"])),
        (_("Answered"), words.moment_of(said["ended_at"])),
    ]
    return [{"label": label, "text": text} for label, text in rows if text]


def _place(held: dict[str, Any]) -> dict[str, Any]:
    return {"name": requests.holder(held["holder"]), "lines": words.lines(held)}


def _checks(receipt: PrivacyReceipt) -> list[Fact]:
    said = receipt.statement
    rows = [
        (_("Receipt number"), f"{said['request']}/{said['number']}", True),
        (_("Written"), words.moment_of(said["at"]), False),
        (_("Fingerprint"), sha256_hex(canonical_json(said)), True),
        (_("Signature"), b64(receipt.signature), True),
        (_("Key"), f"{receipt.kid}, {current_app.config['BASE_URL']}/.well-known/samtykke-keys.json", True),
        (_("Read and check"), url(said["request"]), True),
    ]
    return [{"label": label, "text": text, "code": code} for label, text, code in rows]


def url(word: str) -> str:
    return f"{current_app.config['BASE_URL']}/privacy/receipt/{word}"


def complain() -> str:
    """The right of GDPR article 77, as every answer must tell it (article 12 (4))."""
    said: str = _(
        "Not content with the answer? Talk to us first if you like. You can always complain to Datatilsynet, the "
        "Norwegian Data Protection Authority: www.datatilsynet.no, telephone +47 22 39 69 00."
    )
    return said


def letterhead(site: Site, lang: str) -> dict[str, Any]:
    """What a sheet of paper says of the company."""
    company = site.company
    number = f"{_('Org. no.')} {org_number(company.org_number)}" if company.org_number else ""
    said = [company.name, number, company.postal_address.replace("\n", ", "), company.email]
    return {
        "lang": lang,
        "color": site.color,
        "company": {"name": company.name, "line": " · ".join(part for part in said if part)},
        "page": _("Page"),
    }
