"""An objection to direct marketing is granted as it arrives: nobody weighs it (GDPR article 21 (2) and (3))."""

from __future__ import annotations

from app import journal
from app.consent import service as consent
from app.consent import texts
from app.contacts import suppression
from app.contacts.models import Contact
from app.extensions import db
from app.privacy.models import PrivacyRequest
from app.sites.models import Site

METHOD = "objection"


def at_once(address: str, contact: Contact | None, request: PrivacyRequest, actor: str) -> None:
    """Take back every consent and leave the address alone for every purpose, in the caller's transaction."""
    purposes = {purpose.slug for purpose in texts.purposes()}
    if contact:
        site = db.session.get_one(Site, request.site_id)
        purposes |= set(consent.states(contact))
        consent.withdraw(contact, sorted(purposes), actor=actor, method=METHOD, site=site.slug)
    else:  # a withdrawal is in the journal already
        journal.note("withdraw", address, ",".join(sorted(purposes)))
    for purpose in sorted(purposes):
        suppression.suppress(address, purpose, "withdrawn")
