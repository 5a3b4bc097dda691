"""The grounds a person may give. None is needed: without one, every ground is considered."""

from __future__ import annotations

GROUNDS = {
    # GDPR article 17 (1) (a) to (e)
    "erasure": ("unneeded", "withdrawn", "objected", "unlawful", "obliged"),
    # article 18 (1) (a) to (d)
    "restriction": ("inaccurate", "unlawful", "claims", "objected"),
    # article 21 (2)
    "objection": ("marketing",),
}


class UnknownGround(ValueError):
    """The law knows no such ground for this kind of request."""


def checked(kind: str, ground: str) -> str:
    """The ground, if there is such a one for this kind. Raises UnknownGround."""
    if ground and ground not in GROUNDS.get(kind, ()):
        raise UnknownGround(ground)
    return ground
