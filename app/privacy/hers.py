"""What the buttons of a person's page do. Whoever presses them holds a link of the last half hour."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy import select

from app import contacts, masking
from app.consent import service as consent
from app.consent.pages import facts
from app.contacts.addresses import InvalidAddress, canonical
from app.contacts.models import Contact
from app.contacts.readdressing import EMAIL
from app.contacts.service import FIELDS
from app.extensions import db
from app.privacy import identity, lifting, opening
from app.privacy.grounds import GROUNDS
from app.privacy.identity import Identity
from app.privacy.models import PrivacyLink, PrivacyRequest
from app.sites.models import Site

LONGEST = 200  # letters of one value
METHOD = "own_page"
Form = Mapping[str, str]

# What the page says afterwards.
SAID = {
    "proven": _("Thank you. Now we know that it was you who asked, and we have your request."),
    "moving": _(
        "We have written to both addresses. Press the button in the e-mail to the new one: nothing changes before that."
    ),
    "address": _("Thank you. Now we know that the address is yours, and put it everywhere."),
    "asked": _("We have your request. How far it has come, you see below and on this page later."),
    "again": _("You had asked for the same already. That request counts."),
    "withdrawn": _("Your consent is withdrawn. It counts from now."),
    "lifting": _("We have your wish. You get a letter first, and then we use it again."),
    "stopped": _("No more marketing. It counts from now."),
}


class Wrong(Exception):
    """Something in the form must be corrected: `errors` by field."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("the form must be corrected")
        self.errors = errors


def act(verb: str, link: PrivacyLink, form: Form) -> str:
    """Do what the button says, in the caller's transaction; returns a key of SAID.

    Raises Wrong, and KeyError for a button that there is not.
    """
    known = identity.reveal(link.sealed)
    if known is None:
        raise LookupError("whom the link is about has been dropped")
    return DO[verb](link, known, form)


def _open(kind: str, link: PrivacyLink, known: Identity, wishes: dict[str, Any], ground: str = "") -> str:
    request = opening.open_identified(
        kind,
        known.address,
        typed=known.typed,
        site=db.session.get_one(Site, link.site_id),
        lang=link.lang,
        origin="page",
        actor="subject",
        identified_by="link",
        wishes=wishes,
        ground=ground if ground in GROUNDS.get(kind, ()) else "",
        network=link.network,
    )
    return "again" if request.state == "duplicate" else "asked"


def _copy(link: PrivacyLink, known: Identity, form: Form) -> str:
    return _open("access", link, known, {})


def _take_along(link: PrivacyLink, known: Identity, form: Form) -> str:
    return _open("portability", link, known, {})


def _delete(link: PrivacyLink, known: Identity, form: Form) -> str:
    wishes = {"copy_first": True} if form.get("copy_first") else {}
    return _open("erasure", link, known, wishes, form.get("ground", ""))


def _restrict(link: PrivacyLink, known: Identity, form: Form) -> str:
    return _open("restriction", link, known, {}, form.get("ground", ""))


def _stop_marketing(link: PrivacyLink, known: Identity, form: Form) -> str:
    said = _open("objection", link, known, {}, "marketing")
    return "stopped" if said == "asked" else said


def _withdraw(link: PrivacyLink, known: Identity, form: Form) -> str:
    contact, site = contacts.find(known.address), db.session.get_one(Site, link.site_id)
    if contact:
        chosen, held = form.get("purpose"), consent.states(contact)
        wanted = [name for name in held if name == chosen] if chosen else None
        consent.withdraw(contact, wanted, actor="subject", method=METHOD, facts=facts(contact), site=site.slug)
    return "withdrawn"


def _lift(link: PrivacyLink, known: Identity, form: Form) -> str:
    restriction = liftable(contacts.find(known.address))
    if restriction is None:
        return "again"
    lifting.lift(restriction, "subject")
    return "lifting"


def liftable(contact: Contact | None) -> PrivacyRequest | None:
    """The restriction that holds for somebody and can be ended; None while it is only being carried out."""
    if contact is None or contact.restricted_at is None:
        return None
    hers = (PrivacyRequest.contact_id == contact.id, PrivacyRequest.kind == "restriction")
    ended = select(PrivacyRequest).where(*hers, PrivacyRequest.state.in_(lifting.ENDED))
    return db.session.scalar(ended.order_by(PrivacyRequest.id.desc()).limit(1))


def _correct(link: PrivacyLink, known: Identity, form: Form) -> str:
    """A new address is a request of its own: the rest need not wait until that has been proven."""
    changes, new = _changes(contacts.find(known.address), form), _new_address(known, form)
    if not changes and not new:
        raise Wrong({"correct": gettext("Nothing is changed yet. Write what is right, and press the button again.")})
    said = _open("rectification", link, known, {"changes": changes}) if changes else ""
    if new:
        _open("rectification", link, known, {"changes": {EMAIL: new}})
    return "moving" if new else said


def _new_address(known: Identity, form: Form) -> str:
    """What she wrote in place of her address; empty where that stands as it was. Whose it is, is not looked at."""
    typed = form.get(EMAIL, "").strip()
    try:
        written = canonical(typed) if typed else None
    except InvalidAddress:
        wrong = gettext("Please write a full e-mail address, such as kari@example.no.")
        raise Wrong({EMAIL: wrong}) from None
    return written.display if written and written.canonical != known.address else ""


def _changes(contact: Contact | None, form: Form) -> dict[str, str]:
    """What she wrote that differs from what we hold. A field that she emptied is to be taken away."""
    held = {value.field: value.value for value in contact.values} if contact else {}
    typed = {name: " ".join(form[name].split()) for name in FIELDS if name in form}
    changes = {name: value for name, value in typed.items() if value != held.get(name, "")}
    errors = {name: wrong for name, value in changes.items() if (wrong := _wrong(value))}
    if errors:
        raise Wrong(errors)
    return changes


def _wrong(value: str) -> str:
    if len(value) > LONGEST:
        return str(gettext("That is longer than there is room for."))
    if masking.mask(value)[1]:
        return str(gettext("This looks like a national identity number or a card number. We do not collect those."))
    return ""


DO: dict[str, Callable[[PrivacyLink, Identity, Form], str]] = {
    "access": _copy,
    "portability": _take_along,
    "rectification": _correct,
    "restriction": _restrict,
    "objection": _stop_marketing,
    "withdrawal": _withdraw,
    "erasure": _delete,
    "lift": _lift,
}
VERBS = tuple(DO)
