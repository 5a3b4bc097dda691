"""An uploaded list, kept in encrypted parts beside its run: a web server and a worker need not share a disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import IO

from sqlalchemy import delete, insert, select

from app.arrivals.models import ArrivalPart
from app.crypto import keyring
from app.extensions import db

KEY = "arrivals"
PART = 262_144  # bytes before encryption


def pieces(stream: IO[bytes]) -> Iterator[bytes]:
    """The stream from its beginning, a part at a time."""
    stream.seek(0)
    yield from iter(partial(stream.read, PART), b"")


def keep(run_id: int, parts: Iterable[bytes]) -> None:
    """Store the parts, in order."""
    box = keyring().box(KEY)
    for number, part in enumerate(parts):
        row = {"run_id": run_id, "number": number, "content": box.encrypt(part)}
        db.session.execute(insert(ArrivalPart), row)


def read(run_id: int) -> Iterator[bytes]:
    """The parts again, each in a look of its own: no transaction is open while the caller works on one.

    Raises `InvalidToken` when the key is gone.
    """
    box, number = keyring().box(KEY), 0
    while (content := _part(run_id, number)) is not None:
        yield box.decrypt(content)
        number += 1


def _part(run_id: int, number: int) -> bytes | None:
    mine = select(ArrivalPart.content).where(ArrivalPart.run_id == run_id, ArrivalPart.number == number)
    with db.engine.connect().execution_options(read_only=True) as connection:
        return connection.scalar(mine)


def remove(run_id: int) -> None:
    db.session.execute(delete(ArrivalPart).where(ArrivalPart.run_id == run_id))
