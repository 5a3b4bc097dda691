"""What anybody may ask for on the page, and what pressing the button behind the letter does."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _

from app.contacts.addresses import Address
from app.extensions import db
from app.privacy import duplicates, identity, opening
from app.privacy.grounds import GROUNDS, checked
from app.privacy.models import PrivacyLink, PrivacyRequest
from app.sites.models import Site

PAGE = "page"
# In the order in which people want it: what it is called, and what it means.
CHOICES = {
    PAGE: (
        _("See my page"),
        _("What we hold about you, your consents and invoices, and how far earlier requests have come."),
    ),
    "access": (
        _("Get a copy of everything"),
        _("From our own register and from everyone who works for us. To read yourself, and as a file for computers."),
    ),
    "rectification": (_("Correct something"), _("You see on your page what we have written down, and mend it there.")),
    "erasure": (
        _("Have it deleted"),
        _("Everywhere. If a law makes us keep something, we say what, why and for how long."),
    ),
    "restriction": (
        _("Have it kept, but not used"),
        _("While something is being settled. You get nothing from us meanwhile."),
    ),
    "objection": (_("No more marketing"), _("It stops at once. You need not say why.")),
    "portability": (
        _("Take it with me"),
        _("What you have given us yourself, as a file that another company’s computers can read."),
    ),
}
# What is wrong can only be shown to the person herself, so both lead to her page.
BY_PAGE = {PAGE, "rectification"}


def ask(wish: str, address: Address, *, site: Site, lang: str, network: str) -> None:
    """One letter with a link, whoever it is. Raises KeyError for a wish that is not on the page."""
    if wish not in CHOICES:
        raise KeyError(wish)
    about: dict[str, Any] = {"site": site, "lang": lang, "network": network}
    if wish in BY_PAGE:
        opening.send_page(address.canonical, address.display, **about)
    else:
        opening.ask(wish, address.canonical, address.display, **about)


def prove(link: PrivacyLink, ground: str, copy_first: bool) -> PrivacyRequest:
    """The button behind the link was pressed. `ground` is one of the kind's, or empty; others count as none.

    The caller holds the link.
    """
    known = identity.reveal(link.sealed)
    if known:
        duplicates.hold(known.address)
    request = asked(link)
    if request.state == "identity_pending":
        request.ground = checked(request.kind, ground if ground in GROUNDS.get(request.kind, ()) else "")
        if copy_first and request.kind == "erasure":
            request.wishes = identity.seal(identity.unseal(request.wishes) | {"copy_first": True})
        db.session.flush()  # the row is read anew once it is held
    return opening.prove(link)


def asked(link: PrivacyLink) -> PrivacyRequest:
    """The request that a `prove` link is about."""
    return db.session.get_one(PrivacyRequest, link.request_id)
