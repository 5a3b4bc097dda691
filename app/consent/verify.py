"""Reads the whole ledger and says OK, or names the first thing that is wrong."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import func, select, text

from app.clock import now, to_ms
from app.consent import beside, ledger, merkle, noted, seals
from app.consent.models import ConsentEvent, Seal, UnsealedEvent
from app.crypto import Keyring
from app.extensions import db

STALE = 24 * 3600 * 1000  # an event that no seal covers after a day has been kept from the sealer
COLUMNS = ", ".join(f"e.{name}" for name in ledger.FIELDS)
SEALED = text(
    f"SELECT s.seal, s.position, e.mac, {COLUMNS} FROM sealed_event s LEFT JOIN consent_event e ON e.id = s.event_id "
    "ORDER BY s.seal, s.position"
)


class Broken(Exception):
    """The ledger is not as it was written. The message names the first bad place."""


@dataclass(frozen=True)
class Report:
    """How much was found in order."""

    sealed: int
    waiting: int
    seals: int


def verify(ring: Keyring) -> Report:
    """Check every seal, every sealed event and every waiting one, and what is bound to them by a hash.

    Raises `Broken` at the first changed event, gap, missing seal or unknown key, where the newest seal that was noted
    outside of the database is not there, and at the first changed text, form or piece of evidence.
    """
    before = _noted()
    previous, expected, sealed = seals.START, 1, 0
    rows = _sealed_rows()
    for seal in db.session.scalars(select(Seal).order_by(Seal.number).execution_options(yield_per=500)):
        if seal.number != expected:
            raise Broken(f"seal {expected} is missing")
        _check_seal(ring, seal, previous)
        sealed += _check_batch(ring, seal, next(rows, (seal.number, [])))
        previous, expected = seals.digest(seal), expected + 1
    if extra := next(rows, None):
        raise Broken(f"events are filed under seal {extra[0]}, which does not exist")
    report = Report(sealed, _check_waiting(ring, sealed), expected - 1)
    for fault in chain(noted.faults(before), *(check() for check in beside.CHECKS)):
        raise Broken(fault)
    return report


def _noted() -> noted.Noted | None:
    """Read before the ledger is: it may grow meanwhile."""
    try:
        return noted.newest()
    except OSError as error:
        raise Broken(f"it cannot be told whether the newest seals are there: {error}") from error


def _sealed_rows() -> Iterator[tuple[int, list[Any]]]:
    rows = db.session.execute(SEALED.execution_options(stream_results=True, yield_per=5000))
    tuples = (row for part in rows.partitions(5000) for row in part)
    for number, group in groupby(tuples, key=itemgetter(0)):
        yield number, list(group)


def _check_seal(ring: Keyring, seal: Seal, previous: str) -> None:
    if seal.kid not in ring.signers(seals.KEY):
        raise Broken(f"seal {seal.number} is signed with an unknown key {seal.kid}")
    if seal.previous != previous:
        raise Broken(f"seal {seal.number} does not follow seal {seal.number - 1}")
    if not seals.signed(ring, seal):
        raise Broken(f"the signature of seal {seal.number} is wrong")


def _check_batch(ring: Keyring, seal: Seal, batch: tuple[int, list[Any]]) -> int:
    number, rows = batch
    if number != seal.number or [row[1] for row in rows] != list(range(seal.count)):
        raise Broken(f"seal {seal.number} covers {seal.count} events, and not all of them are there")
    keys = ring.kids(ledger.KEY)
    leaves = [_leaf(keys, seal.number, row) for row in rows]
    if merkle.root(leaves).hex() != seal.root:
        raise Broken(f"the events of seal {seal.number} are not the ones that were sealed")
    return len(leaves)


def _leaf(keys: dict[str, bytes], seal: int, row: Any) -> bytes:
    position, mac, values = row[1], row[2], row[3:]
    if mac is None:
        raise Broken(f"event {position} of seal {seal} has been removed")
    content = ledger.body_of(values)
    _check_mac(keys, values[0], values[-1], content, mac)
    return merkle.leaf_hash(content + bytes.fromhex(mac))


def _check_mac(keys: dict[str, bytes], event_id: str, kid: str, content: bytes, mac: str) -> None:
    key = keys.get(kid)
    if key is None:
        raise Broken(f"event {event_id} was written with an unknown key {kid}")
    if not hmac.compare_digest(ledger.mac(key, content), mac):
        raise Broken(f"event {event_id} has been changed")


def _check_waiting(ring: Keyring, sealed: int) -> int:
    """Events no seal covers yet: genuine, listed for the sealer, and not kept from it."""
    keys, count = ring.kids(ledger.KEY), 0
    waiting = select(ConsentEvent).join(UnsealedEvent, UnsealedEvent.event_id == ConsentEvent.id)
    for event in db.session.scalars(waiting.execution_options(yield_per=1000)):
        _check_mac(keys, event.id, event.kid, ledger.body(event), event.mac)
        if to_ms(now()) - to_ms(event.at) > STALE:
            raise Broken(f"event {event.id} has waited for a seal for more than a day")
        count += 1
    written = db.session.scalar(select(func.count()).select_from(ConsentEvent)) or 0
    if written != sealed + count:
        raise Broken(f"{written} events are written, {sealed} are sealed and {count} wait for a seal")
    return count
