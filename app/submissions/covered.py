"""What was covered before it was stored, in words: which answer, and what kind of number stood there."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import lazy_gettext as _

from app.masking import CARD, NATIONAL_ID
from app.submissions.catalogue import worded
from app.submissions.models import FormVersion

KINDS = {NATIONAL_ID: _("national identity number"), CARD: _("card number")}


def covered(masked: Iterable[str], version: FormVersion, lang: str) -> list[str]:
    """`message: card` as `Message (card number)`; an answer that the form did not ask for keeps its own name."""
    labels = {field["name"]: worded(field["label"], lang) for field in version.definition["fields"]}
    found = (entry.rpartition(": ") for entry in masked)
    return [f"{labels.get(name, name)} ({kind(what)})" for name, _colon, what in found]


def kind(word: str) -> str:
    """What such a number is called in the current language; the word itself if it is new."""
    return str(KINDS.get(word, word))
