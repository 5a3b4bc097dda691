"""Which links open a person's page, and for how long: half an hour, and for many actions."""

from __future__ import annotations

from datetime import datetime

from app.clock import now
from app.privacy import links
from app.privacy.models import PrivacyLink

OPEN = links.LIVES[links.PAGE]


def find(token: str) -> PrivacyLink | None:
    """A fresh page link, or one whose request was proven within the last half hour. For GET."""
    return _open(links.find(links.PAGE, token) or links.find(links.PROVE, token, spent=True))


def press(token: str) -> PrivacyLink | None:
    """The same for POST: the row is held, and a wrong word is counted, so commit on None too."""
    link = links.press(links.PAGE, token, spent=True)
    return _open(link or links.find(links.PROVE, token, spent=True))


def closes(link: PrivacyLink) -> datetime:
    """When the page closes."""
    return link.expires_at if link.use == links.PAGE or link.used_at is None else link.used_at + OPEN


def _open(link: PrivacyLink | None) -> PrivacyLink | None:
    proven = link and (link.use == links.PAGE or link.used_at)
    return link if link and proven and closes(link) > now() else None
