"""A copy of each submission in the company's mailbox, under the label of its form."""

from __future__ import annotations

from email.message import EmailMessage
from typing import cast

from flask import current_app

from app import contacts, outbox
from app.contacts import suppression
from app.extensions import db
from app.letters import Draft, composer
from app.letters.compose import compose
from app.letters.models import Letter
from app.letters.service import host
from app.processors.google.settings import mailboxes
from app.submissions.letters import context
from app.submissions.models import Form, FormVersion, Submission


def want(submission: Submission) -> None:
    """Have it copied, where a mailbox is connected. In Gmail's own stream, so that a pause holds the copies too."""
    if current_app.config["GMAIL_MAILBOX"] and not unwanted(submission):
        outbox.enqueue("submission.copy", submission.id, lane=f"gmail:copy:{submission.id}")


def unwanted(submission: Submission) -> bool:
    """Does nobody else get what this person writes? Staff read it here, and in the letter that they get."""
    contact = contacts.find(submission.address) if submission.address else None
    restricted = contact is not None and contact.restricted_at is not None
    return restricted or suppression.ALL in suppression.scopes(submission.address)


def written(submission: Submission) -> EmailMessage:
    """The copy. It looks like the letter that staff get, and bears the same Message-ID each time it is written."""
    owner = db.session.get_one(Form, submission.form_id).site
    letter = Letter(
        kind="submission_copy",
        site_id=owner.id,
        lang=owner.languages[0],
        refs={"submission": submission.id},
        message_id=f"<submission-{submission.id}@{host()}>",
        created_at=submission.received_at,
    )
    return cast(EmailMessage, compose(letter))


def form(submission: Submission) -> str:
    """The name of the label."""
    return db.session.get_one(Form, submission.form_id).slug


@composer("submission_copy")
def submission_copy(letter: Letter) -> Draft | None:
    submission = db.session.get(Submission, letter.refs["submission"])
    if submission is None:
        return None
    version = db.session.get_one(FormVersion, submission.version_id)
    to = mailboxes(current_app.config)[0]
    said = context(submission, version, letter.lang)
    return Draft(template="staff_submission", context=said, to=to, reply_to=submission.address)
