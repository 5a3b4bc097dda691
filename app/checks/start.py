"""What keeps us from starting: settings of which only a street above `app.config` knows what they may say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.config import Misconfigured
from app.privacy.models import KINDS


def refuse(settings: Mapping[str, Any]) -> None:
    """Raises `Misconfigured`, which names the setting and never repeats what may be secret."""
    _approval(settings["PRIVACY_APPROVAL"])


def _approval(kinds: list[str]) -> None:
    """A slip of the hand would carry out at once what a human was to look at."""
    if kinds != ["none"] and not (kinds and set(kinds) <= set(KINDS)):
        raise Misconfigured(f"PRIVACY_APPROVAL must be kinds of requests ({', '.join(KINDS)}) with commas, or none")
