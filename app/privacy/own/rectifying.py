"""Correcting what we know of a person (GDPR article 16). What she once sent stays as she sent it."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete

from app import outbox
from app.billing import typed
from app.billing.models import ContactTaxCheck
from app.clock import now
from app.contacts.models import Contact, ContactValue
from app.contacts.service import FIELDS
from app.contacts.upsert import insert
from app.extensions import db
from app.i18n import LANGUAGES
from app.privacy.own.who import Who
from app.processors.base import Outcome, Profile, Rejected

LONGEST = 500  # characters of a value


def rectify(profile: Profile, changes: Mapping[str, str], source: str) -> Outcome:
    """Replace values (fields of `contacts.service.FIELDS`, and `lang`); an empty one is taken away.

    `source` says where the new value comes from, as `request:<number>`. `held`, or `not_held` where we do not know
    her. Raises `Rejected` for what is not corrected here: a new address is another mailbox, whose owner must confirm.
    """
    if wrong := sorted(set(changes) - {*FIELDS, "lang"}):
        raise Rejected(f"This is not corrected here: {', '.join(wrong)}.")
    if changes.get("lang", LANGUAGES[0]) not in LANGUAGES or any(len(value) > LONGEST for value in changes.values()):
        raise Rejected("A value is too long, or no language of ours.")
    who = Who.of(profile, hold=True)
    if who.contact is None:
        return Outcome("not_held")
    for field, value in changes.items():
        _replace(who.contact, field, value.strip(), source)
    db.session.flush()
    db.session.expire(who.contact, ["values"])
    typed.note(who.contact, {}, source, overwrite=True)
    outbox.enqueue("search.contact", who.contact.id)
    return Outcome("held")


def _replace(contact: Contact, field: str, value: str, source: str) -> None:
    if field == "lang":
        contact.lang = value
    elif value:
        new = {"value": value, "source": source, "at": now()}
        row = insert(ContactValue).values(contact_id=contact.id, field=field, **new)
        changed = ContactValue.value != value
        db.session.execute(row.on_conflict_do_update(index_elements=["contact_id", "field"], set_=new, where=changed))
    else:
        mine = ContactValue.contact_id == contact.id, ContactValue.field == field
        db.session.execute(delete(ContactValue).where(*mine).execution_options(synchronize_session=False))
        _forget_check(contact, field)


def _forget_check(contact: Contact, field: str) -> None:
    """What was found out about a number that is no longer there."""
    mine = ContactTaxCheck.contact_id == contact.id, ContactTaxCheck.field == field
    db.session.execute(delete(ContactTaxCheck).where(*mine).execution_options(synchronize_session=False))
