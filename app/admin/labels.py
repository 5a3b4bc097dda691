"""Our own terms in words for people: states, kinds of work, reasons, acts. What is not here is shown as it stands."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _

STATES = {
    "none": _("Not asked"),
    "asked": _("Asked, not confirmed"),
    "requested": _("Asked"),
    "confirmed": _("Consent given"),
    "granted": _("Consent given"),
    "imported": _("Consent taken over from another system"),
    "withdrawn": _("Consent withdrawn"),
    "objected": _("Objected"),
    "invalidated": _("Declared void"),
    "expired": _("Not confirmed in time"),
    "erased": _("Erased"),
    "suppressed": _("To be left alone"),
    "subscribed": _("On the list"),
    "unsubscribed": _("Off the list"),
    "not_held": _("Holds nothing"),
    "kept": _("Kept by law"),
    "pending": _("Under way"),
    "manual": _("Needs a person"),
    "waiting": _("Waiting"),
    "retrying": _("Will be tried again"),
    "running": _("Running"),
    "failed": _("Failed"),
    "rejected": _("Refused"),
    "sent": _("Sent"),
    "done": _("Done"),
    "accepted": _("Received"),
    "spam": _("Spam"),
    "needs_review": _("Needs review"),
}
WORK = {
    "submission.process": _("Take in a submission"),
    "submission.confirmed": _("Take in confirmed particulars"),
    "submission.expired": _("Tidy after a request nobody confirmed"),
    "submission.staff": _("Tell staff of a submission"),
    "letter.send": _("Send a letter"),
    "consent.follow": _("Tell other systems of a change"),
    "sync.push": _("Bring another system in line"),
    "search.contact": _("Make a contact findable"),
    "search.submission": _("Make a submission findable"),
    "search.compact": _("Clear removed text out of the search"),
    "consent.seal": _("Seal the ledger"),
}
REASONS = {
    "honeypot": _("Filled in a field that people do not see"),
    "too_fast": _("Sent faster than anybody can write"),
    "forged": _("Forged time stamp"),
    "replayed": _("Time stamp used before"),
    "rate": _("Very many from the same network"),
    "repeated": _("The same text again and again"),
    "links": _("Many links"),
    "staff": _("Moved by staff"),
    "bounced": _("Mail came back"),
    "complained": _("Reported as spam"),
}
RENDERS = {
    "verified": _("Yes, shown by us"),
    "late": _("Yes, from a page kept for long"),
    "absent": _("Not known"),
}
METHODS = {
    "form_checkbox": _("A ticked box in a form"),
    "confirm_button": _("The button behind the link in the letter"),
    "preference_page": _("The preferences page"),
    "link_page": _("The unsubscribe page"),
    "unsubscribe_page": _("The unsubscribe page"),
    "one_click": _("One click in the mail program"),
    "post_no_body": _("One click in the mail program"),
    "webhook": _("Told by another system"),
    "clock": _("Time ran out"),
}
LETTERS = {
    "confirm": _("Letter: please confirm"),
    "already": _("Letter: already confirmed"),
    "receipt_confirmed": _("Letter: receipt for consent"),
    "receipt_withdrawn": _("Letter: receipt for withdrawal"),
    "lost_link": _("Letter: link to unsubscribe"),
    "staff_submission": _("Letter to staff about a submission"),
}
ACTS = {
    "signed_in": _("Signed in"),
    "signed_out": _("Signed out"),
    "looked_at_contact": _("Looked at a contact"),
    "contact.show": _("Looked at a contact"),
    "looked_at_submission": _("Looked at a submission"),
    "looked_at_unread": _("Looked at a message that could not be read"),
    "listed_contacts": _("Looked through the contacts"),
    "listed_submissions": _("Looked through the submissions"),
    "searched_contacts": _("Searched the contacts"),
    "searched_submissions": _("Searched the submissions"),
    "withdrew_consent": _("Withdrew consent on behalf of the person"),
    "tried_again": _("Had failed work tried again"),
    "read_again": _("Had a message read again"),
    "moved_submission": _("Moved a submission to another box"),
    "created_account": _("Made a staff account"),
    "disabled_account": _("Closed a staff account"),
}
WORDS = {**REASONS, **RENDERS, **METHODS, **LETTERS, **ACTS, **WORK, **STATES}


def label(word: str | None) -> str:
    """A term of ours in the reader's language."""
    return str(WORDS.get(word or "", (word or "").replace("_", " ")))


def init_app(app: Flask) -> None:
    app.jinja_env.filters["state_label"] = label
