"""Requests in words that a person understands: what she may ask for, where it stands, who holds what, why not."""

from __future__ import annotations

from datetime import date, datetime

from flask_babel import format_date, get_locale
from flask_babel import lazy_gettext as _

# What a request is called, as the start of a line.
KINDS = {
    "access": _("A copy of what you hold about me"),
    "portability": _("What I gave you, in a form that computers can read"),
    "rectification": _("Correction of what you hold about me"),
    "erasure": _("Deletion of what you hold about me"),
    "restriction": _("Keep what you hold about me, but do not use it"),
    "objection": _("No more marketing"),
    "lift": _("Use what you hold about me again, as before"),
}

# What the same right is called, as a heading.
RIGHTS = {
    "access": _("Access"),
    "portability": _("Data portability"),
    "rectification": _("Correction"),
    "erasure": _("Deletion"),
    "restriction": _("Restriction"),
    "objection": _("Objection to marketing"),
}

# GDPR article 17 (1) (a) to (e), in the words of whoever asks.
ERASURE = {
    "withdrawn": _("I take back my consent."),
    "unneeded": _("You no longer need it for what it was collected for."),
    "objected": _("I object to how you use it."),
    "unlawful": _("You were never allowed to use it."),
    "obliged": _("The law says that you must delete it."),
}
# GDPR article 18 (1) (a) to (d)
RESTRICTION = {
    "inaccurate": _("It is wrong, and you should check it first."),
    "unlawful": _("You may not use it, but I do not want it deleted."),
    "claims": _("You no longer need it, but I do, for a legal claim."),
    "objected": _("I have objected, and you have not answered yet."),
}
GROUNDS = {"erasure": ERASURE, "restriction": RESTRICTION}

STATES = {
    "identity_pending": _("Waiting for you to press the button behind the link in our e-mail"),
    "received": _("Received"),
    "planned": _("About to begin"),
    "awaiting_approval": _("Received. One of us looks through it before it begins"),
    "executing": _("Being done now"),
    "waiting_external": _("Waiting for one of those who work for us"),
    "needs_human": _("One of us has to do something by hand"),
    "verifying": _("Done, and being checked"),
    "completed": _("Done"),
    "completed_with_retention": _("Done. Something is kept for a while: see each place"),
    "closed": _("Done, also with what was kept for a while"),
    "denied": _("Refused. The reason is in our e-mail"),
    "cancelled": _("Cancelled"),
    "expired": _("Ended, because nobody pressed the button behind the link"),
    "duplicate": _("You have asked for the same before; that request counts"),
}

BETTER = {
    ("restriction", "closed"): _("Over: it is used again, as before"),
    ("rectification", "identity_pending"): _("Waiting for you to press the button in our e-mail to the new address"),
}

HOLDERS = {
    "own": _("Our own register"),
    "sandbox": _("The practice list"),
    "mailchimp": _("Mailchimp, which sends our newsletters"),
    "stripe": _("Stripe, which takes our payments"),
    "gmail": _("Gmail, our e-mail"),
    "google_contacts": _("Google Contacts, our address book"),
    "google_groups": _("Google Groups, our mailing lists"),
    "wordpress": _("WordPress, our website"),
}

# Codes of the Data Rights Protocol, and four that the GDPR adds.
DENIALS = {
    "suspected_fraud": _("We have reason to believe that somebody else is asking in your name."),
    "insuf_verification": _("We could not be sure that it was you who asked."),
    "no_match": _("We hold nothing that belongs to this address."),
    "claim_not_covered": _("The law does not give this right for what you asked."),
    "outside_jurisdiction": _("The law that you refer to does not apply here."),
    "too_many_requests": _("You have asked for the same many times in a short while (GDPR article 12 (5))."),
    "manifestly_unfounded": _("The request is manifestly unfounded (GDPR article 12 (5))."),
    "legal_obligation": _("A law demands that we keep it (GDPR article 17 (3) (b))."),
    "legal_claims": _("We need it for a legal claim (GDPR article 17 (3) (e))."),
    "third_party_rights": _("It would harm the rights of others (GDPR article 15 (4))."),
    "other": _("The reason is written below."),
}


def kind(name: str) -> str:
    """What this kind of request is called in the current language."""
    return str(KINDS.get(name, name))


def right(name: str) -> str:
    """What the right that was used is called in the current language."""
    return str(RIGHTS.get(name, name))


def state(name: str, about: str = "") -> str:
    """Where a request stands; `about` is its kind, where that says it better."""
    return str(BETTER.get((about, name)) or STATES.get(name, name))


def holder(name: str) -> str:
    """Who holds something, and why we use them."""
    return str(HOLDERS.get(name, name))


def denial(code: str) -> str:
    """Why not, to the person who asked."""
    return str(DENIALS.get(code, DENIALS["other"]))


def day(moment: date | datetime | None) -> str:
    """A day in words, in Oslo's time and the current language."""
    norwegian = str(get_locale()).startswith("nb")
    return str(format_date(moment, "d. MMMM y" if norwegian else "d MMMM y")) if moment else ""
