"""What staff typed, as it is kept: whole, or not at all. Nothing is cut off without a word."""

from __future__ import annotations

from app.privacy.errors import Unfit

KNOWN = 200  # characters of how somebody was known


def fit(field: str, typed: str, most: int) -> str:
    """What was typed, without the space around it. Raises Unfit where it is too long."""
    text = typed.replace("\r\n", "\n").strip()  # browsers count a new line as one character and send two
    if len(text) > most:
        raise Unfit(field, "long", most)
    return text


def needed(field: str, typed: str, most: int) -> str:
    """The same, where something must be said."""
    text = fit(field, typed, most)
    if not text:
        raise Unfit(field, "missing")
    return text


def vouched(typed: str) -> str:
    """How staff knew who it is: in few words, and without the address."""
    how = needed("identified_by", typed, KNOWN)
    if "@" in how:
        raise Unfit("identified_by", "address")
    return how
