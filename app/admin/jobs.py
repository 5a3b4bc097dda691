"""What the worker does for search: keep it in line with contacts and submissions. Late or twice is all the same."""

from __future__ import annotations

from app import contacts, search
from app.extensions import db
from app.outbox import handles
from app.submissions.models import Submission


@handles("search.contact")
def index_contact(ref: str) -> None:
    """Address, name, company and telephone, as they are now; nothing when the person is gone."""
    contact = contacts.lock(int(ref))  # else she could be forgotten between the look and the note
    if contact:
        search.index_contact(contact.id, contacts.findable(contact))
    else:
        search.remove_contact(int(ref))
    db.session.commit()


@handles("search.submission")
def index_submission(ref: str) -> None:
    """All that was written, the form and the box; nothing when the submission is gone."""
    row = db.session.get(Submission, int(ref), with_for_update=True)
    if row:
        search.index_submission(row.id, submission_text(row))
    else:
        search.remove_submission(int(ref))
    db.session.commit()


@handles("search.compact")
def compact(ref: str) -> None:
    """Take the traces of removed rows out of the indexes. Many short transactions, so that others get their turn."""
    for _ in search.compact():
        db.session.commit()
    db.session.commit()


def submission_text(row: Submission) -> str:
    """What a submission is found by, and two words that narrow a search to a form or a box."""
    return "\n".join([row.address, *_texts(row.answers), form_marker(row.form_id), box_marker(row.box)])


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    return [str(value)] if isinstance(value, str | int | float) else []


def form_marker(form_id: int) -> str:
    """A word that only submissions of this form hold. Nobody writes it by chance."""
    return f"xqform{form_id}xq"


def box_marker(box: str) -> str:
    return f"xqbox{box}xq"
