"""How an act at a holder ended, in words: the same on the person's page, in letters and on receipts."""

from __future__ import annotations

import re
from datetime import date, datetime

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from app.privacy.words import day

OPEN = _("Not done yet.")
NOTHING = _("Nothing was found there.")
BY_HAND = _("One of us has to do this by hand.")
PERMITTED = ("GDPR article 17 (3) (e)", "GDPR article 17 (1) (c)")  # these let us keep it, and demand nothing
FAILED = _("Not done yet: one of us is looking into it.")
# A law is kept and signed by its key; this is what a reader sees.
LAWS = {
    "bokføringsloven § 13": _("the Norwegian Bookkeeping Act, section 13"),
    "GDPR article 17 (3) (b)": _("GDPR article 17 (3) (b)"),
    "GDPR article 17 (3) (e)": _("GDPR article 17 (3) (e)"),
    "GDPR article 17 (1) (c)": _("GDPR article 17 (1) (c)"),
}
TORN = re.compile(r" (?=\d|\()|(?<=bokstav) ")  # a line must not end between § and its number


def law(key: str) -> str:
    """What a law is called in the current language; its key if it is new."""
    return TORN.sub("\u00a0", str(LAWS.get(key, key)))


def under_way(check_at: datetime | None) -> str:
    """Somebody else is at it."""
    return str(gettext("Under way there. We look again on %(day)s.", day=day(check_at)))


def kept(key: str, until: date | None) -> str:
    """What a law wants kept, and whether that ends."""
    if until is None:
        return str(gettext("Kept, as the law permits (%(law)s).", law=law(key)))
    named = {"day": day(until), "law": law(key)}
    if key in PERMITTED:
        said = gettext("Kept to and including %(day)s, as the law permits (%(law)s), and deleted after that.", **named)
    else:
        said = gettext(
            "Kept to and including %(day)s, because the law demands it (%(law)s), and deleted after that.", **named
        )
    return str(said)
