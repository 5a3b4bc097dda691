"""Bodies that no reader understood: masked, encrypted, kept for 30 days, and read again once the reader is mended."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select

from app import outbox
from app.clock import now
from app.crypto import keyring
from app.extensions import db
from app.masking import mask_bytes
from app.submissions import batch, record
from app.submissions.catalogue import Published, catalogue
from app.submissions.decode import decode
from app.submissions.ids import new_id
from app.submissions.models import Form, UnreadBody
from app.submissions.reading import read
from app.submissions.record import Sender
from app.submissions.spam import honeypot

KEEP = timedelta(days=30)


class StillUnread(Exception):
    """The answers can be read, but the form cannot take them. `fields` says which."""

    def __init__(self, fields: list[str]) -> None:
        super().__init__(", ".join(fields))
        self.fields = fields


def keep(form: Published, raw: bytes, content_type: str, reason: str, sender: Sender) -> UnreadBody:
    """Put a body into the needs-review box. What must not be stored is masked first, then the rest is encrypted."""
    safe, kinds = mask_bytes(raw)
    row = UnreadBody(
        id=new_id(),
        form_id=form.form_id,
        expires_at=now() + KEEP,
        content_type=content_type[:200],
        reason=reason[:40],
        sealed=keyring().box("unread").encrypt(safe),
        masked=sorted(kinds),
        context={"lang": sender.lang, "network": sender.network, "page_url": sender.page_url},
    )
    db.session.add(row)
    return row


def body(row: UnreadBody) -> bytes:
    """What was sent, for staff to look at."""
    return keyring().box("unread").decrypt(row.sealed)


def read_again(unread_id: int) -> int:
    """Try once more to make a submission of it; returns the submission's id, the same one when asked twice.

    Raises LookupError when it is not there, `decode.DecodeError` when it still cannot be read, `StillUnread` when the
    form cannot take what it says.
    """
    row = db.session.get(UnreadBody, unread_id)
    form = catalogue().find(_slug(row)) if row else None
    if row is None or form is None:
        raise LookupError(unread_id)
    said = read(form, catalogue(), decode(body(row), row.content_type), {})
    if said.mistakes:
        raise StillUnread(list(said.mistakes))
    sender = Sender(**row.context, key=f"unread:{row.id}")
    box = ("spam", "honeypot") if honeypot(said.controls) else ("accepted", "")
    found = batch.put(db.session.connection(), [record.compose(said, sender, *box)])
    row.submission_id = next(iter(found.values())).id
    outbox.enqueue("submission.process", row.submission_id)  # the promise is there already; this rings the bell
    return row.submission_id


def _slug(row: UnreadBody) -> str:
    return db.session.scalars(select(Form.slug).where(Form.id == row.form_id)).one()


def tidy() -> int:
    """Forget what nobody could read in 30 days."""
    gone = db.session.execute(delete(UnreadBody).where(UnreadBody.expires_at < now()))
    return gone.rowcount  # type: ignore[attr-defined,no-any-return]
