"""The newest seal, noted outside of the database: what is left when the end of a ledger is cut off fits together.

A file in the journal's folder, named by the seal's number, that holds its digest. It is left as it is while the ledger
has another seal at that number, or none: what comes after must not cover what is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from structlog import get_logger

from app.consent import seals
from app.consent.models import Seal
from app.extensions import db
from app.journal import lines, whole

log = get_logger()

NAME = re.compile(r"seal-([1-9][0-9]{0,8})")
ADVICE = (
    "Where a backup was restored, that is as expected: run `flask requests replay`, then remove that file, and the "
    "next seal is noted anew. Where none was, somebody has cut off the end of the ledger."
)


@dataclass(frozen=True)
class Noted:
    """A seal that was there: its number and its digest."""

    number: int
    digest: str


def due() -> Noted | None:
    """The newest seal there is; None where what was noted before it is not there any more. Raises OSError."""
    if any(faults(newest())):
        log.error("newest_seals_missing")
        return None
    last = db.session.scalar(select(Seal).order_by(Seal.number.desc()).limit(1))
    return Noted(last.number, seals.digest(last)) if last else None


def write(seal: Noted) -> None:
    """Whoever is late with an older one takes it back himself: the highest number counts. Raises OSError."""
    whole.write(_file(seal.number), seal.digest)
    lines.sync(lines.folder())
    *older, _newest = sorted(_numbers())
    for number in older:
        _file(number).unlink(missing_ok=True)


def newest() -> Noted | None:
    """What was noted last; None where nothing was. Raises OSError."""
    number = max(_numbers(), default=0)
    try:
        return Noted(number, _file(number).read_text(encoding="ascii", errors="replace").strip()) if number else None
    except FileNotFoundError:  # a newer one has come meanwhile
        return newest()


def faults(before: Noted | None) -> Iterator[str]:
    """What is wrong with a ledger that once had this seal, and how to go on."""
    if before is None:
        return
    seal, file = db.session.get(Seal, before.number), _file(before.number)
    if seal is None:
        yield f"the newest seals are missing: seal {before.number} was noted in {file}, and is not there. {ADVICE}"
    elif seals.digest(seal) != before.digest:
        yield f"seal {before.number} is not the one that was noted in {file}. {ADVICE}"


def _numbers() -> list[int]:
    there = lines.folder().iterdir() if lines.folder().is_dir() else ()
    return [int(found[1]) for path in there if (found := NAME.fullmatch(path.name))]


def _file(number: int) -> Path:
    return lines.folder() / f"seal-{number}"
