"""Bodies that no form could read, kept encrypted for 30 days: each is opened, for nothing else tells whose it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import delete, select

from app.clock import iso
from app.crypto import InvalidToken
from app.extensions import db
from app.privacy.own.who import Who
from app.processors.base import Held
from app.submissions import unread
from app.submissions.models import UnreadBody

SOME = 50  # bodies in memory at a time; each may have a megabyte


def find(who: Who) -> Iterator[Held]:
    yield from (Held("unread", str(row.id)) for row, _ in _hers(who))


def export(who: Who, lang: str) -> dict[str, Any]:
    """`unread`: the text as it came, for nobody could tell its answers apart."""
    return {
        "unread": [
            {"id": str(row.id), "at": iso(row.received_at), "until": iso(row.expires_at), "body": _text(body)}
            for row, body in _hers(who)
        ]
    }


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace").replace("\0", "")


def erase(who: Who) -> None:
    ids = [row.id for row, _ in _hers(who)]
    if ids:
        db.session.execute(delete(UnreadBody).where(UnreadBody.id.in_(ids)))


def _hers(who: Who) -> Iterator[tuple[UnreadBody, bytes]]:
    for row in db.session.scalars(select(UnreadBody).order_by(UnreadBody.id).execution_options(yield_per=SOME)):
        try:
            body = unread.body(row)
        except InvalidToken:  # sealed with a secret that is gone: nobody can read it any more
            continue
        if who.named_in_bytes(body):
            yield row, body
