"""What keeps us from starting: settings of which only a street above `app.config` knows what they may say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.config import Misconfigured
from app.contacts.addresses import InvalidAddress, canonical
from app.letters import headers
from app.letters.transports import transport
from app.outbox import huey
from app.privacy.models import KINDS
from app.privacy.receipts import backups
from app.processors import bookkeeping


def refuse(settings: Mapping[str, Any]) -> None:
    """Raises `Misconfigured`, which names the setting and never repeats what may be secret."""
    _approval(settings["PRIVACY_APPROVAL"])
    _sender(settings["MAIL_FROM"])
    _way_for_letters(settings["MAIL_URL"])
    huey.address(settings["HUEY_URL"])
    _bookkeeping(settings)
    _backups(settings["BACKUP_DAYS"])


def _approval(kinds: list[str]) -> None:
    """A slip of the hand would carry out at once what a human was to look at."""
    if kinds != ["none"] and not (kinds and set(kinds) <= set(KINDS)):
        raise Misconfigured(f"PRIVACY_APPROVAL must be kinds of requests ({', '.join(KINDS)}) with commas, or none")


def _sender(configured: str) -> None:
    """Every letter would fail at its first try."""
    try:
        canonical(headers.sender(configured).addr_spec)
    except (headers.Unsafe, InvalidAddress):
        raise Misconfigured(
            'MAIL_FROM must be one e-mail address, as in Fjordlys <post@fjordlys.no>; a name with a comma, "in quotes"'
        ) from None


def _way_for_letters(url: str) -> None:
    if url != "gmail:":  # needs Google's library, which only a worker should have to load
        transport(url)


def _bookkeeping(settings: Mapping[str, Any]) -> None:
    try:
        bookkeeping.read(settings)
    except ValueError as error:  # it names the setting
        raise Misconfigured(str(error)) from None


def _backups(days: Mapping[str, int]) -> None:
    if unknown := sorted(set(days) - set(backups.KNOWN)):
        raise Misconfigured(f"BACKUP_DAYS names {unknown[0]}, which nobody knows; known are {', '.join(backups.KNOWN)}")
