"""Words of the database in words for people."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _

STATES = {
    "none": _("not asked"),
    "asked": _("waiting for confirmation"),
    "requested": _("consent asked for"),
    "confirmed": _("confirmed"),
    "withdrawn": _("withdrawn"),
    "expired": _("not confirmed in time"),
    "erased": _("erased"),
    "imported": _("brought along from an earlier list"),
    "subscribed": _("on the list"),
    "unsubscribed": _("off the list"),
    "held": _("known there"),
    "not_held": _("not known there"),
    "kept": _("kept, as the law demands"),
    "pending": _("under way"),
    "manual": _("needs a person"),
    "waiting": _("waiting"),
    "failed": _("failed"),
    "rejected": _("rejected"),
    "sent": _("sent"),
    "done": _("done"),
}


METHODS = {
    "form_checkbox": _("a box ticked in a form"),
    "confirm_button": _("the button behind the link in a letter"),
    "one_click": _("one click in the mail program"),
    "post_no_body": _("one click in the mail program"),
    "page_button": _("the button on the unsubscribe page"),
    "preference_page": _("the page of choices, behind a fresh link"),
    "own_page": _("the person’s own page, behind a fresh link"),
    "objection": _("an objection to marketing"),
    "erasure": _("a wish to be erased"),
    "staff": _("by staff, as the person asked"),
    "webhook": _("at the list provider"),
    "sync": _("at the list provider"),
    "clock": _("by the clock"),
    "import": _("brought along from an earlier list"),
    "replay": _("done again after a backup was restored"),
}


FIELDS = {
    "name": _("Name"),
    "company": _("Company"),
    "phone": _("Telephone"),
    "line1": _("Address"),
    "line2": _("Address, second line"),
    "postal_code": _("Postal code"),
    "city": _("City"),
    "state": _("State"),
    "country": _("Country"),
    "vat_number": _("VAT number"),
    "purchase_order": _("Purchase order"),
    "email": _("E-mail address"),
    "invoice_email": _("Address for invoices"),
}


BOXES = {"accepted": _("received"), "spam": _("spam"), "review": _("needs review")}

WORDS = {**STATES, **METHODS, **BOXES}


def state_label(word: str) -> str:
    """What a state, an event, a method or a box is called in the current language; the word itself if it is new."""
    return str(WORDS.get(word, word))


def field_label(name: str) -> str:
    """What a value that a person volunteers is called in the current language; its own name if it is new."""
    return str(FIELDS.get(name, name))


def org_number(number: str) -> str:
    """314159268 as 314 159 268, with spaces that do not break; anything else as it is."""
    bare = number.replace(" ", "")
    return "\u00a0".join((bare[:3], bare[3:6], bare[6:])) if len(bare) == 9 else number


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(state_label=state_label, org_number=org_number)
