"""What becomes of the people on a list, and why, in words for staff."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

WORDS = {
    "new": _("New"),
    "leaving": _("Withdrawn"),
    "known": _("Known already, nothing changes"),
    "suppressed": _("Left alone"),
    "doubtful": _("Doubtful, left out"),
    "duplicate": _("Repeated in the list"),
    "B": _("the list knows when they said yes, and from where"),
    "C": _("the list knows when they said yes, or from where"),
    "D": _("without proof, on the word of the one who vouches"),
    "unsubscribed": _("unsubscribed there"),
    "cleaned": _("their mail came back"),
    "complained": _("reported mail as spam"),
    "confirmed": _("have said yes already"),
    "withdrawn": _("withdrew here"),
    "came_back": _("left there and said yes here later"),
    "left_alone": _("must not be written to at all"),
    "restricted": _("asked that their data is only kept"),
    "no_proof": _("only a name: nothing shows that they said yes"),
    "refused": _("the list says no"),
    "pending": _("never confirmed there"),
    "archived": _("put away there"),
    "transactional": _("never subscribed there"),
    "unknown_status": _("a status that we do not know"),
    "empty": _("no address"),
    "syntax": _("not an address"),
    "several": _("more than one address"),
    "too_long": _("too long"),
    "local_not_ascii": _("letters before the @ that cannot be delivered to"),
    "number": _("holds a number that we must not keep"),
    "quotes": _("a quotation mark that is not closed"),
}
PROBLEMS = {
    "empty": _("There was nothing in the file."),
    "no_address_column": _("No column of the file holds e-mail addresses. Call it “E-post” in the first line."),
    "lost_key": _("The file can no longer be opened. Upload it again."),
    "refused_there": _("The list provider refused. Look at the connection."),
}
COLUMNS = {
    "email": _("E-mail address"),
    "name": _("Name"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "company": _("Company"),
    "phone": _("Telephone"),
    "lang": _("Language"),
    "status": _("Status: on the list or off it"),
    "opt_in": _("When they said yes"),
    "ip": _("From which network they said yes"),
    "source": _("Where they said yes"),
    "left": _("When they unsubscribed"),
    "cleaned": _("When their mail came back"),
}
STATES = {
    "previewing": _("is being looked through"),
    "asking": _("waits for you to say which column is which"),
    "ready": _("waits for your yes"),
    "running": _("is being taken in"),
    "done": _("taken in"),
    "failed": _("could not be read"),
    "discarded": _("thrown away"),
}
