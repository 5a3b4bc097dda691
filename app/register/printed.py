"""The record of processing activities (GDPR article 30 (1)) as plain text, in one language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from app.register import fields
from app.register.service import Entry

WIDTH = 100
TITLES = {"nb": "Protokoll over behandlingsaktiviteter", "en": "Record of processing activities"}
HEADINGS = {**TITLES, "nb": "Protokoll over behandlings\u00adaktiviteter"}  # may be parted on a narrow screen
GROUNDS = {"nb": "etter personvernforordningen artikkel 30", "en": "under article 30 of the GDPR"}
DOUBTS = {"nb": "må kontrolleres", "en": "to be checked"}
VERSIONS = {"nb": "Utgave", "en": "Version"}
NAMES = {
    "nb": {
        "name": "Navn",
        "contact": "Kontakt",
        "officer": "Personvernombud",
        "purposes": "Formål",
        "people": "Hvem opplysningene gjelder",
        "holds": "Hvilke opplysninger",
        "recipients": "Mottakere",
        "retention": "Hvor lenge",
        "security": "Sikring",
        "role": "Rolle",
        "why": "Formål",
        "ground": "Grunnlag",
        "country": "Land og overføring",
        "agreement": "Avtale",
        "backups": "Sikkerhetskopier",
    },
    "en": {
        "name": "Name",
        "contact": "Contact",
        "officer": "Data protection officer",
        "purposes": "Purposes",
        "people": "Whom the data is about",
        "holds": "What data",
        "recipients": "Recipients",
        "retention": "How long",
        "security": "Security",
        "role": "Role",
        "why": "Purpose",
        "ground": "Legal ground",
        "country": "Country and transfer",
        "agreement": "Agreement",
        "backups": "Backups",
    },
}


def record(entries: Sequence[Entry], lang: str) -> str:
    """The whole record. KeyError for a language that it is not kept in."""
    head = f"{TITLES[lang]}\n{GROUNDS[lang]}\n"
    return "\n".join([head, *("\n".join(_entry(entry, lang)) for entry in entries)])


def _entry(entry: Entry, lang: str) -> Iterator[str]:
    yield entry.said("name", lang)
    yield "=" * min(len(entry.said("name", lang)), WIDTH)
    for field in fields.of(entry.entry):
        doubt = f" ({DOUBTS[lang]})" if field in entry.unsure else ""
        yield f"{NAMES[lang][field]}{doubt}:"
        yield from (f"  {line}" for line in wrap(entry.said(field, lang) or "–", WIDTH - 2))
    changed = f", {entry.at:%Y-%m-%d}" if entry.at else ""
    yield f"{VERSIONS[lang]} {entry.version}{changed}\n"
