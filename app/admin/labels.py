"""What only staff see, in words: kinds of work, reasons, letters, acts. The rest stands in `app.labels`."""

from __future__ import annotations

from flask import Flask, g
from flask_babel import lazy_gettext as _

from app.labels import state_label

STATES = {
    "granted": _("confirmed"),
    "objected": _("objected"),
    "invalidated": _("declared void"),
    "suppressed": _("to be left alone"),
    "retrying": _("will be tried again"),
    "running": _("running"),
    "needs_review": _("needs review"),
    "bounced": _("mail came back"),
    "complained": _("reported as spam"),
    "on": _("connected"),
    "off": _("not connected"),
    "paused": _("paused"),
    "away": _("does not answer"),
    "resting": _("waits, as it asked us to"),
    "asking": _("waits for your yes"),
    "surplus": _("on a list there without consent to it"),
    "gone": _("was on the list and is no longer"),
    "missing": _("has consented and is missing there, or from one of several lists"),
}
WORK = {
    "submission.process": _("Take in a submission"),
    "submission.confirmed": _("Take in confirmed particulars"),
    "submission.expired": _("Tidy after a request nobody confirmed"),
    "letter.send": _("Send a letter"),
    "submissions.tidy": _("Let go of old submissions"),
    "outbox.tidy": _("Let go of finished work"),
    "consent.follow": _("Tell other systems of a change"),
    "consent.lost": _("Send a link to somebody who lost it"),
    "consent.expire": _("Let go of requests nobody confirmed"),
    "consent.tidy": _("Let go of old links"),
    "consent.apply_spool": _("Take in withdrawals that came while the database was away"),
    "sync.push": _("Bring another system in line"),
    "sync.bulk": _("Bring another system in line for many people"),
    "sync.test": _("Test a connection"),
    "sync.drift": _("Compare a list with our own register"),
    "sync.mend": _("Bring a list in line"),
    "sync.nightly": _("Compare every list with our own register"),
    "sync.tidy": _("Let go of old notices from other systems"),
    "sync.mail": _("Look whether there is new mail"),
    "sync.inbox": _("Read new mail: letters that came back, and wishes to leave"),
    "submission.copy": _("Copy a submission to the mailbox"),
    "sync.coverage": _("Read which plugins there are"),
    "sync.read_coverage": _("Read which plugins there are"),
    "billing.read": _("Read a customer at the payment provider"),
    "billing.match": _("Recognise customers at the payment provider"),
    "billing.catch_up": _("Fetch what the payment provider could not deliver"),
    "billing.nightly": _("Go through the payment provider’s news"),
    "arrivals.preview": _("Look through a list of subscribers"),
    "arrivals.take": _("Take in a list of subscribers"),
    "arrivals.index": _("Make contacts from a list findable"),
    "arrivals.tidy": _("Let go of old lists of subscribers"),
    "search.contact": _("Make a contact findable"),
    "search.submission": _("Make a submission findable"),
    "search.compact": _("Clear removed text out of the search"),
    "consent.seal": _("Seal the ledger"),
    "privacy.plan": _("Look where somebody’s data is held"),
    "privacy.advance": _("Take a request one step further"),
    "privacy.task": _("Carry out a part of a request"),
    "privacy.mail": _("Fetch letters that somebody must look through"),
    "privacy.unmail": _("Delete letters that somebody chose"),
    "privacy.look": _("Look at requests that other systems were busy with"),
    "privacy.release": _("Delete what the law wanted kept until now"),
    "privacy.resume": _("Take up requests that lost their place"),
    "privacy.warn": _("Warn of requests that are due soon"),
    "privacy.settle_extensions": _("Move deadlines whose letter has left"),
    "privacy.expire": _("Let go of requests that nobody proved"),
    "privacy.drop": _("Let go of old links of requests"),
    "privacy.tidy": _("Let go of archives that have run out"),
    "privacy.letters": _("Fetch letters that go into somebody’s copy"),
    "privacy.tick": _("Count a minute, so that a restored backup is noticed"),
    "privacy.mend": _("Do what stands in the journal and was not finished"),
    "privacy.wipe": _("Wipe the traces of what was erased"),
}
REASONS = {
    "honeypot": _("filled in a field that people do not see"),
    "too_fast": _("sent faster than anybody can write"),
    "forged_token": _("forged time stamp"),
    "token_reused": _("the same page sent again and again"),
    "rate": _("very many from the same network"),
    "repeated_text": _("the same text again and again"),
    "links": _("very many links"),
    "duplicate_key": _("the same name twice"),
    "empty": _("there was nothing in it"),
    "encoding": _("not written as text"),
    "json": _("broken JSON"),
    "json_not_a_number": _("JSON with a number that is none"),
    "json_not_an_object": _("JSON without names"),
    "multipart": _("broken parts"),
    "too_deep": _("nested too deeply"),
    "unsupported_type": _("a kind of content that we do not read"),
}
RENDERS = {
    "verified": _("yes, shown by us"),
    "late": _("yes, from a page kept for long"),
    "absent": _("not known"),
}
LETTERS = {
    "confirm": _("Letter: please confirm"),
    "receipt_confirmed": _("Letter: receipt for consent"),
    "receipt_withdrawn": _("Letter: receipt for withdrawal"),
    "lost_link": _("Letter: link to unsubscribe"),
    "staff_submission": _("Letter to staff about a submission"),
    "staff_attack": _("Letter to staff about an attack"),
    "privacy_prove": _("Letter: was it you who asked?"),
    "privacy_address": _("Letter: is this your address?"),
    "privacy_moving": _("Letter to the old address: another one is asked for"),
    "privacy_moved": _("Letter to the old address: it has been changed"),
    "privacy_page": _("Letter: link to the person’s own page"),
    "privacy_opened": _("Letter: your request has come"),
    "privacy_done": _("Letter: your request is done"),
    "privacy_denied": _("Letter: we cannot do what you asked"),
    "privacy_extension": _("Letter: it takes longer"),
    "privacy_restricted": _("Letter: kept and not used"),
    "privacy_lifted": _("Letter: used again"),
    "privacy_due": _("Letter to staff: a request is due"),
    "privacy_manual": _("Letter to staff: a request needs somebody"),
    "privacy_disclosed": _("Letter: what had to be handed out"),
    "privacy_archive": _("Letter: the copy is ready"),
    "submission_copy": _("Copy of a submission in the mailbox"),
}
ACTS = {
    "signed_in": _("Signed in"),
    "signed_out": _("Signed out"),
    "looked_at_contact": _("Looked at a contact"),
    "contact.show": _("Looked at a contact"),
    "ledger.show": _("Looked at a contact"),
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
    "uploaded_list": _("Uploaded a list of subscribers"),
    "looked_at_import": _("Looked at a list of subscribers"),
    "arranged_import": _("Said which column of a list is which"),
    "started_import": _("Took in a list of subscribers"),
    "discarded_import": _("Threw away a list of subscribers"),
    "created_account": _("Made a staff account"),
    "disabled_account": _("Closed a staff account"),
    "paused_processor": _("Paused a connection"),
    "resumed_processor": _("Resumed a connection"),
    "tested_processor": _("Tested a connection"),
    "tried_processor_again": _("Had all failed work of a connection tried again"),
    "compared_list": _("Compared a list with our own register"),
    "mended_list": _("Brought a list in line"),
    "told_everyone": _("Had everybody told to another system again"),
    "looked_at_drift": _("Looked at whom a comparison named"),
    "changed_register": _("Changed the register of processors"),
    "connected_google": _("Gave permission at Google"),
    "disconnected_google": _("Took the permission at Google back"),
    "lost_google": _("Google ended our permission"),
    "exported_for_wordpress": _("Gave WordPress what is held about a person"),
    "asked_erasure_at_wordpress": _("Asked for an erasure in WordPress"),
    "opened_request": _("Opened a request"),
    "listed_requests": _("Looked through the requests"),
    "looked_at_request": _("Looked at a request"),
    "approved_request": _("Approved a plan"),
    "identified_person": _("Vouched for who somebody is"),
    "extended_request": _("Extended a request"),
    "denied_request": _("Refused a request"),
    "cancelled_request": _("Cancelled a request"),
    "lifted_restriction": _("Lifted a restriction"),
    "chose_letters": _("Chose letters for a copy"),
    "task_done": _("Noted what was done by hand"),
    "task_again": _("Had a part of a request tried again"),
    "task_look": _("Had letters fetched to look through"),
    "task_remove": _("Chose letters to be deleted"),
    "listed_disclosures": _("Looked through what was handed out"),
    "disclosed": _("Handed out data on a lawful demand"),
    "told_of_disclosure": _("Told a person what was handed out"),
    "replayed_journal": _("Replayed the journal on a restored backup"),
    "accepted_coverage": _("Looked at a change of plugins"),
}
# What the audit trail notes as `kind:id`.
OBJECTS = {
    "contact": _("Contact"),
    "disclosure": _("A lawful demand"),
    "drift": _("Comparison"),
    "import": _("List of subscribers"),
    "register": _("Processor"),
    "request": _("Request"),
    "submission": _("Submission"),
    "unread": _("Message that we could not read"),
}
WORDS = {**REASONS, **RENDERS, **LETTERS, **ACTS, **WORK, **STATES}


def label(word: str | None) -> str:
    """A term of ours in the reader's language; the term itself when it is new."""
    known: dict[str | None, str] = g.setdefault("labels", {})  # a list says the same few things fifty times
    if word not in known:
        known[word] = _label(word or "")
    return known[word]


def _label(word: str) -> str:
    common = state_label(word)
    return str(WORDS.get(word, word)) if common == word else common


def init_app(app: Flask) -> None:
    """Templates of the staff pages know more words than those of the public ones."""
    app.jinja_env.filters["state_label"] = label
