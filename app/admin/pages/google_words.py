"""What Google lets us do, in the reader's language."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from app.processors.google.auth import CONTACTS, FULL, MEMBERS, MODIFY, OTHERS

SCOPES = {
    MODIFY.url: _(
        "Read, label and send messages in the company’s mailbox, and move messages to the trash. Nothing is deleted"
        " for good."
    ),
    FULL.url: _("Delete messages in the company’s mailbox for good, without a trash."),
    CONTACTS.url: _("See, make, change and delete contacts."),
    OTHERS.url: _("See the addresses that Google has collected as “Other contacts”."),
    MEMBERS.url: _("See, add and remove members of the company’s groups."),
}
WAYS = {
    "off": _("Nothing of Google’s is turned on in the settings of this service."),
    "missing": _("GOOGLE_CREDENTIALS is missing in the settings of this service."),
    "broken": _("GOOGLE_CREDENTIALS in the settings of this service cannot be read."),
    "own": _("This service has a key of its own to Google. Nobody has to sign in."),
    "asked": _("Nobody has given permission yet."),
    "sealed": _("The permission cannot be read, as the secret of this service has been changed. Sign in again."),
    "partial": _("Something is turned on that the permission does not cover. Sign in again."),
    "given": _("The permission is in force."),
}
