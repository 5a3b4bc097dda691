"""What staff search for is about people, so it stands in no address: it travels there encrypted, for a working day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import flash, request
from flask_babel import gettext as _

from app import search
from app.crypto import InvalidToken, keyring

KEY = "staff-search"
LASTS = 8 * 3600
LONGEST = 200


def seal(query: str) -> str | None:
    """The words as `?s=` carries them; None when there are none."""
    words = query.strip()[:LONGEST]
    return keyring().box(KEY).encrypt(words.encode(errors="ignore")).decode() if words else None


def asked() -> str:
    """The words that this page is about; none when they were not sealed by us, or long ago."""
    try:
        return keyring().box(KEY).decrypt(request.args.get("s", ""), ttl=LASTS).decode()
    except InvalidToken:
        return ""


def patiently(find: Callable[..., list[int]], *args: Any) -> Sequence[int]:
    """The ids that a search finds. One that takes too long finds nothing, and says so."""
    try:
        return find(*args)
    except search.TooSlow:
        flash(_("That search took too long. Add another word."), "error")
        return []
