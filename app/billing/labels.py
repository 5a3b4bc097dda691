"""How sales stand, in words for people."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

WORDS = {
    "paid": _("paid"),
    "open": _("not paid yet"),
    "void": _("void"),
    "uncollectible": _("given up"),
    "active": _("running"),
    "trialing": _("on trial"),
    "past_due": _("payment is late"),
    "unpaid": _("not paid"),
    "canceled": _("ended"),
    "incomplete": _("not begun"),
    "incomplete_expired": _("never begun"),
    "paused": _("on hold"),
    "valid": _("a valid number"),
    "invalid": _("not a valid number"),
    "unchecked": _("not checked"),
}


def sale_label(word: str) -> str:
    """A word of Stripe's or of our check in the reader's language; the word itself when it is new."""
    return str(WORDS.get(word, word))
