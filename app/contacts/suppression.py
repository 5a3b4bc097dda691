"""Whom we must leave alone: a keyed hash of the address, which every write path asks.

Only the person's own fresh confirmation lifts it. Source: GDPR articles 17 and 21 (3).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select

from app.contacts.models import Suppression
from app.contacts.upsert import insert
from app.crypto import keyring
from app.extensions import db

KEY = "suppression"
ALL = "all"
REASONS = ("withdrawn", "erased", "bounced", "complained")  # weakest first


def suppress(address: str, scope: str, reason: str) -> None:
    """Leave this canonical address alone for a purpose, or for `all`. Twice is once; the strongest reason stays.

    Raises ValueError for a reason that is not one of REASONS.
    """
    weaker = REASONS[: REASONS.index(reason)]
    row = insert(Suppression).values(mac=keyring().mac(KEY, address.encode()), scope=scope, reason=reason)
    stronger = Suppression.reason.in_(weaker)
    db.session.execute(
        row.on_conflict_do_update(index_elements=["mac", "scope"], set_={"reason": reason}, where=stronger)
    )


def lift(address: str, scope: str) -> None:
    """The person herself said yes anew."""
    db.session.execute(delete(Suppression).where(_about(address), Suppression.scope == scope))


def scopes(address: str) -> set[str]:
    """The purposes, or `all`, for which the address is to be left alone."""
    return set(db.session.scalars(select(Suppression.scope).where(_about(address))))


def scopes_of(addresses: Iterable[str]) -> dict[str, set[str]]:
    """The same for many addresses, in one statement."""
    ring = keyring()
    whose = {mac: address for address in addresses for mac in ring.macs(KEY, address.encode())}
    found: dict[str, set[str]] = {address: set() for address in whose.values()}
    rows = select(Suppression.mac, Suppression.scope).where(Suppression.mac.in_(whose))
    for mac, scope in db.session.execute(rows):
        found[whose[mac]].add(scope)
    return found


def reasons(address: str) -> set[str]:
    """Why, over all scopes."""
    return set(db.session.scalars(select(Suppression.reason).where(_about(address))))


def since(address: str) -> datetime | None:
    """Since when, the newest of them; None when it is not to be left alone at all."""
    return db.session.scalar(select(func.max(Suppression.since)).where(_about(address)))


def suppressed(address: str, purpose: str) -> bool:
    """May nothing be sent or passed on for this purpose?"""
    return not scopes(address).isdisjoint({ALL, purpose})


def _about(address: str) -> ColumnElement[bool]:
    # Under every key of the ring: a rotation must not wake anybody up.
    return Suppression.mac.in_(keyring().macs(KEY, address.encode()))
