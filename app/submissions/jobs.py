"""What the worker does with submissions."""

from __future__ import annotations

from typing import cast

from structlog import get_logger

from app import outbox, processors
from app.extensions import db
from app.processors.google.gmail import Gmail
from app.submissions import copies, letters, published, record, service, unread
from app.submissions.models import Submission
from app.sync.jobs import speaking

__all__ = ["letters", "published"]  # what they register is known from here on

log = get_logger()


@outbox.handles("submission.process")
def process(ref: str) -> None:
    """Once, and only for a row that our intake wrote: whoever can write the database cannot ask in our name."""
    submission = db.session.get(Submission, int(ref))
    if submission is None or submission.processed_at or submission.box != "accepted":
        return
    if not record.genuine(submission):
        raise outbox.Rejected(f"Submission {ref} is not what our intake wrote.")
    service.process(submission)
    db.session.commit()


@outbox.handles("submission.copy")
def copy(ref: str) -> None:
    """Into the company's mailbox, once however often this runs. What was removed or moved to the spam is not copied."""
    gmail = cast("Gmail | None", processors.active().get("gmail"))
    submission = db.session.get(Submission, int(ref))
    if gmail is None or submission is None or submission.box != "accepted" or copies.unwanted(submission):
        return
    mail, form = copies.written(submission), copies.form(submission)
    db.session.commit()
    with speaking("gmail"):
        gmail.copy(mail, form)
    db.session.commit()


@outbox.handles("submission.confirmed")
def confirmed(ref: str) -> None:
    """The mailbox owner confirmed what this submission asked."""
    if submission := db.session.get(Submission, int(ref)):
        service.confirmed(submission)
        db.session.commit()


@outbox.handles("submission.expired")
def expired(ref: str) -> None:
    """Nobody confirmed in time."""
    if submission := db.session.get(Submission, int(ref)):
        service.expired(submission)
        db.session.commit()


@outbox.periodic(minute="20", hour="3")
def tidy() -> None:
    """Let go of unread bodies, old spam, and what nobody confirmed."""
    unread.tidy()
    db.session.commit()
    while service.forget_old_spam() == service.SOME:
        db.session.commit()
    db.session.commit()
    _forget_overdue()


def _forget_overdue() -> None:
    """One commit each: whoever is kept all the same (she is restricted) stands in nobody's way."""
    after = 0
    while found := service.overdue(after):
        for after in found:
            service.expired(db.session.get_one(Submission, after))
            db.session.commit()
