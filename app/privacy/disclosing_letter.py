"""The letter to a person of whom something was handed out on a lawful demand."""

from __future__ import annotations

from app.contacts.models import Contact
from app.extensions import db
from app.letters import Draft, composer
from app.letters.models import Letter
from app.privacy import disclosing, words
from app.privacy.composers import to
from app.privacy.identity import Identity
from app.privacy.models import Disclosure


@composer("privacy_disclosed")
def disclosed(letter: Letter) -> Draft | None:
    """Who got what, and on what ground. Not sent to somebody who has been forgotten meanwhile."""
    row = db.session.get(Disclosure, letter.refs["disclosure"])
    contact = db.session.get(Contact, letter.contact_id) if letter.contact_id else None
    if row is None or contact is None:
        return None
    told = {
        "authority": row.authority,
        "demand": row.demand,
        "fields": disclosing.labels(row),
        "day": words.day(row.at),
    }
    return to(Identity.of(contact), letter, told)
