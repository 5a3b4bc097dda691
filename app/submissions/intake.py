"""Taking a submission in: box it or accept it, and answer only when it is on the disk."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from app.submissions import judge, record, writer
from app.submissions.reading import Reading
from app.submissions.record import Sender

TRIES = 3


class KeyUsed(Exception):
    """The client's idempotency key already names a submission with other words."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The id of the submission, and whether it was here before."""

    id: int
    duplicate: bool = False


def accept(said: Reading, sender: Sender, posts: int = 0) -> Receipt:
    """Keep what was said; the same thing sent twice is one submission.

    `posts` is how many came from the sender's network in the last minute. Raises `KeyUsed`, and
    `sqlalchemy.exc.OperationalError` when the database is away.
    """
    reason = judge.reason(said, sender, posts)
    for left in reversed(range(TRIES)):
        row = record.compose(said, sender, "spam" if reason else "accepted", reason)
        try:
            written = writer.write(row)
        except IntegrityError:  # another process drew the same id in the same millisecond
            if left:
                continue
            raise
        break
    if sender.key and written.body_hash != row["body_hash"]:
        raise KeyUsed
    return Receipt(written.id, written.id != row["id"])
