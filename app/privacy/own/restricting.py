"""Keeping without using (GDPR article 18).

While a person is restricted no processor is told of her, she gets no letter but those about her own acts and requests,
nobody asks for her consent, and nothing that comes in fills her in.
"""

from __future__ import annotations

from sqlalchemy import select

from app import journal, processors
from app.billing import service as billing
from app.billing.models import StripeCustomer
from app.clock import now
from app.consent.standing import changed
from app.contacts.models import Contact
from app.extensions import db
from app.privacy.own.who import Who
from app.processors.base import Outcome, Profile


def restrict(profile: Profile, on: bool, ref: str = "") -> Outcome:
    """Restrict, or lift that. `held`, or `not_held` where we do not know her; twice is once.

    Writes the journal's line, in which `ref` is the word of the request. Once it is lifted, every processor is told
    what the ledger says by then, and what Stripe had to say meanwhile is read.
    """
    journal.note("restrict" if on else "lift", profile.address, ref=ref)
    contact = Who.of(profile, hold=True).contact
    if contact is None:
        return Outcome("not_held")
    if on:
        contact.restricted_at = contact.restricted_at or now()
    elif contact.restricted_at:
        contact.restricted_at = None
        _resume(contact)
    return Outcome("held")


def _resume(contact: Contact) -> None:
    db.session.flush()
    changed(contact)
    if billing.NAME in processors.active():
        for id_ in db.session.scalars(select(StripeCustomer.id).where(StripeCustomer.contact_id == contact.id)):
            billing.read_soon(id_)
