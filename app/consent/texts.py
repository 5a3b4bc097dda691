"""Consent texts: exact words by language, content-addressed, never changed once written."""

from __future__ import annotations

from sqlalchemy import func, select

from app.consent.models import ConsentText, Purpose
from app.crypto import canonical_json, sha256_hex
from app.extensions import db
from app.i18n import LANGUAGES


def fingerprint(purpose: str, lang: str, text: str) -> str:
    """The name of a text: SHA-256 over its canonical JSON."""
    return sha256_hex(canonical_json({"lang": lang, "purpose": purpose, "text": text}))


def genuine(name: str) -> bool:
    """Are these the very words that go by this name? So is no name at all, which stands for no words."""
    row = by_hash(name)
    return fingerprint(row.purpose, row.lang, row.text) == name if row else not name


def publish(purpose: str, lang: str, text: str) -> ConsentText:
    """Ask with these very words from now on; a new version when they were never used. Twice changes nothing."""
    name = fingerprint(purpose, lang, text)
    row = by_hash(name) or _write(name, purpose, lang, text)
    asked = db.session.get_one(Purpose, purpose)
    if asked.texts.get(lang) != name:
        asked.texts = {**asked.texts, lang: name}
    db.session.flush()
    return row


def _write(name: str, purpose: str, lang: str, text: str) -> ConsentText:
    row = ConsentText(hash=name, purpose=purpose, lang=lang, version=_latest(purpose, lang) + 1, text=text)
    db.session.add(row)
    return row


def _latest(purpose: str, lang: str) -> int:
    mine = (ConsentText.purpose == purpose, ConsentText.lang == lang)
    return db.session.scalar(select(func.max(ConsentText.version)).where(*mine)) or 0


def current(purpose: str, lang: str) -> ConsentText | None:
    """The words that were published last. Not the highest version: a company may go back to what it had."""
    asked = db.session.get(Purpose, purpose)
    return by_hash(asked.texts.get(lang, "")) if asked else None


def readable(purpose: str, lang: str) -> ConsentText | None:
    """The words of today in this language, or in the one there is: for whoever has said yes, and may take it back."""
    found = (current(purpose, spoken) for spoken in (lang, *LANGUAGES))
    return next(filter(None, found), None)


def by_hash(name: str) -> ConsentText | None:
    return db.session.get(ConsentText, name) if name else None


def purposes() -> list[Purpose]:
    """Every purpose, in the company's order."""
    return list(db.session.scalars(select(Purpose).order_by(Purpose.position, Purpose.slug)))


def label(slug: str, lang: str) -> str:
    """The purpose's name in a language, or in the one there is."""
    purpose = db.session.get(Purpose, slug)
    names = purpose.names if purpose else {}
    return names.get(lang) or next(iter(names.values()), slug)
