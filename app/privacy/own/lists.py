"""Lists of subscribers that staff brought along: encrypted, and let go of when the import ends or a day has passed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import exists, or_, select

from app.arrivals import service, upload
from app.arrivals.models import ArrivalPart, ArrivalRun
from app.clock import iso
from app.crypto import InvalidToken, keyring
from app.extensions import db
from app.privacy.own.who import Who
from app.processors.base import Held

TAIL = 2000  # bytes of a part that are read with the next one: an address may begin in one and end in the other


def find(who: Who) -> Iterator[Held]:
    yield from (Held("import", str(run.id)) for run in _hers(who))


def export(who: Who, lang: str) -> dict[str, Any]:
    """`lists` that name her: which and since when. The rest of such a list is about others."""
    return {"lists": [{"id": run.id, "since": iso(run.created_at), "source": run.source} for run in _hers(who)]}


def erase(who: Who) -> None:
    """A list that waits for staff is thrown away, and one that is being taken in is left until that is done."""
    for run in list(_hers(who)):
        if run.state in ("previewing", "ready"):
            service.discard(run)
        elif run.examples:
            kept = [one for one in service.examples(run) if not who.named_in(one[2])]
            run.examples = keyring().box(upload.KEY).encrypt(json.dumps(kept).encode())
    db.session.flush()


def _hers(who: Who) -> Iterator[ArrivalRun]:
    parts = exists().where(ArrivalPart.run_id == ArrivalRun.id)
    runs = select(ArrivalRun).where(or_(parts, ArrivalRun.examples != b"")).order_by(ArrivalRun.id)
    for run in list(db.session.scalars(runs)):
        try:
            if _named(who, run):
                yield run
        except InvalidToken:  # sealed with a secret that is gone: nobody can read it any more
            continue


def _named(who: Who, run: ArrivalRun) -> bool:
    if any(who.named_in(shown) for _, _, shown in service.examples(run)):
        return True
    rest = b""
    box = keyring().box(upload.KEY)
    for content in _parts(run.id):
        piece = rest + box.decrypt(content)
        if who.named_in_bytes(piece, run.encoding or "utf-8"):
            return True
        rest = piece[-TAIL:]
    return False


def _parts(run_id: int) -> Iterator[bytes]:
    number = 0
    mine = select(ArrivalPart.content).where(ArrivalPart.run_id == run_id)
    while (content := db.session.scalar(mine.where(ArrivalPart.number == number))) is not None:
        yield content
        number += 1
