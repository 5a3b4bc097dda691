"""The archive for people: from whom what, how it is used, and what rights there are, in her language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from flask_babel import gettext as _

from app.clock import now
from app.extensions import db
from app.i18n import when
from app.privacy import identity, words
from app.privacy.archive.told import Node, facts, heading, paragraph, told
from app.privacy.models import PrivacyRequest
from app.privacy.receipts.shown import complain, letterhead
from app.register import fields
from app.sites.models import Site

PROCESSING = "processing"  # part of our own export that is about us
BLANK = "("  # how what the company has not filled in yet begins


def sheet(request: PrivacyRequest, given: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What the page and the paper show. `given` are the holders' exports, each with `holder` and `exported`."""
    site = db.session.get_one(Site, request.site_id)
    return letterhead(site, request.lang) | {
        "title": _("What we hold about you"),
        "lead": _("This is everything that %(name)s and those who work for it hold about you.", name=site.company.name),
        "kicker": _("Copy of personal data"),
        "about": _about(request),
        "nodes": [*_holders(given), *_processing(site, given), *_rights(site)],
    }


def _about(request: PrivacyRequest) -> list[dict[str, str]]:
    known = identity.reveal(request.sealed)
    rows = [
        (_("Whom it is about"), known.address if known else ""),
        (_("Asked on"), when(request.received_at)),
        (_("Put together"), when(now())),
        (_("Request number"), request.word),
    ]
    rows_shown: list[dict[str, str]] = facts(rows)["rows"]
    return rows_shown


def _holders(given: Sequence[dict[str, Any]]) -> Iterator[Node]:
    for one in given:
        yield heading(words.holder(one["holder"]), 2)
        nodes = list(told({key: part for key, part in one["exported"].items() if key != PROCESSING}, 3))
        yield from nodes or [paragraph(_("Nothing."))]


def _processing(site: Site, given: Sequence[dict[str, Any]]) -> Iterator[Node]:
    """GDPR article 15 (1) (a) to (d): in the words of the company's own record."""
    entries = [entry for one in given for entry in one["exported"].get(PROCESSING, [])]
    if entries:
        yield heading(_("How it is used"), 2)
    for entry in entries:
        yield heading(site.company.name if entry["entry"] == fields.COMPANY else entry["name"], 3)
        yield facts((row["label"], row["value"]) for row in entry["said"] if not row["value"].startswith(BLANK))


def _rights(site: Site) -> Iterator[Node]:
    """Article 15 (1) (e), (f) and (h)."""
    yield heading(_("Your rights"), 2)
    yield paragraph(
        _(
            "You can have what is wrong corrected, have it deleted, have us keep it without using it, and say no to "
            "marketing. Write to us, or follow the link about your rights at the foot of our letters. No decision "
            "that matters to you is made by a machine alone."
        )
    )
    if site.company.email:
        yield paragraph(f"{site.company.name}: {site.company.email}")
    yield paragraph(complain())
