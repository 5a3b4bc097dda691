"""Signs of spam. Each is a small pure question; what they add up to, and the box it goes to, is decided elsewhere."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from hashlib import blake2b

HONEYPOTS = frozenset({"_gotcha"})
MIN_AGE = 2.0  # seconds: nobody reads and fills in a form faster
FRESH_AGE = 24 * 3600.0
MAX_AGE = 90 * 24 * 3600.0  # a cached page may be that old
MIN_REPEATED = 20  # letters and digits: "Hei" may come twice


class Age(StrEnum):
    """What the token of a form says of how it was filled in."""

    SPAM = "spam"  # too fast, or forged
    FULL = "full"
    LOWER = "lower"  # from a cached page
    NONE = "none"  # no token, or one too old to say anything: a page without scripts, which is allowed


def age_class(token: float | str) -> Age:
    """`token` is the age in seconds, or why there is none: `missing`, `expired`, or anything else, which is forged."""
    if isinstance(token, str):
        return Age.NONE if token in ("missing", "expired") else Age.SPAM
    if token < MIN_AGE:
        return Age.SPAM
    if token <= FRESH_AGE:
        return Age.FULL
    return Age.LOWER if token <= MAX_AGE else Age.NONE


def honeypot(controls: Mapping[str, str], names: Collection[str] = HONEYPOTS) -> bool:
    """Was a field filled in that no person sees?"""
    return any(controls.get(name, "").strip() for name in names)


_NOT_WORDS = re.compile(r"[\W_]+")
_PIECE = 1000  # characters folded at once: marks on marks take the square of their number


def text_key(texts: Iterable[str], key: bytes) -> str | None:
    """Equal for messages that differ only in case, spacing, punctuation and numbers. None for one too short to say.

    Keyed (`key`, up to 64 bytes), so that the stored value does not let anyone test guesses of what was written.
    """
    text = " ".join(texts)
    pieces = (text[at : at + _PIECE] for at in range(0, len(text), _PIECE))
    folded = "".join(unicodedata.normalize("NFKC", piece) for piece in pieces).casefold()
    words = _NOT_WORDS.sub("", re.sub(r"\d+", "0", folded))
    return (
        blake2b(words.encode("utf-8", "replace"), key=key, digest_size=16).hexdigest()
        if len(words) >= MIN_REPEATED
        else None
    )


_LINK = re.compile(r"https?://|\bwww\.|\[url\b|<a\s", re.IGNORECASE)
_LINK_IN_MARKUP = re.compile(
    r"(?:<a\s[^<>]*?href\s*=\s*[\"']?|\[url=?\]?)\s*(?:https?://)?(?:www\.)?|https?://www\.", re.IGNORECASE
)


def link_count(texts: Iterable[str]) -> int:
    """How many links, however written; `<a href="https://www…">` is one."""
    return sum(len(_LINK.findall(_LINK_IN_MARKUP.sub(" http://", text))) for text in texts)
