"""Contact Form 7, when the theme sends its fields on to us: https://contactform7.com/ (fields of `_wpcf7*`)."""

from __future__ import annotations

from collections.abc import Mapping

from app.submissions.adapters.base import Draft, Pairs

# The names in the form that a new installation starts with.
ALIASES = {"your-name": "name", "your-email": "email", "your-subject": "subject", "your-message": "message"}
_SOURCE = {
    "_wpcf7": "form_id",
    "_wpcf7_version": "version",
    "_wpcf7_locale": "locale",
    "_wpcf7_container_post": "page_id",
}


def recognises(pairs: Pairs, headers: Mapping[str, str]) -> bool:
    return any(name == "_wpcf7" for name, _ in pairs)


def read(pairs: Pairs, headers: Mapping[str, str]) -> Draft:
    """Acceptance boxes arrive as "1" when ticked and not at all otherwise; an inverted one cannot be told from here."""
    source = {_SOURCE[name]: value for name, value in pairs if name in _SOURCE and value}
    rest = [(name, value) for name, value in pairs if not name.startswith("_wpcf7")]
    return Draft("cf7", rest, source, ALIASES)
