"""How often somebody may be written to because of a form that anyone can send.

Windows roll: nobody is locked out for good.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, text

from app import letters
from app.clock import now
from app.consent.models import Confirmation, ConfirmLetter
from app.contacts import suppression
from app.contacts.models import Contact
from app.crypto import keyring
from app.extensions import db
from app.letters.models import ATTACK, Letter
from app.sites.models import Site

PAUSE = timedelta(minutes=10)
MONTH = timedelta(days=30)
PER_ADDRESS = ((3, timedelta(hours=24)), (5, MONTH))
BARRED = timedelta(hours=24)  # whoever said no, or whose mailbox refused us, may say yes anew: one letter a day
KEY = "confirm_letter"
PER_NETWORK = (10, timedelta(hours=1))
PER_NETWORK_ATTACKED = (1, timedelta(hours=1))
ATTACK_LETTERS = 50
ATTACK_SHARE = 0.8
ATTACK_WINDOW = timedelta(hours=1)


def refused(contact: Contact, network: str, strict: bool = False) -> bool:
    """Has this address, or this network, had its share of confirm letters? `strict` while the site is attacked."""
    if _had_enough(contact):
        return True
    most, window = PER_NETWORK_ATTACKED if strict else PER_NETWORK
    return (bool(network) or strict) and _from(network, window) >= most


def attacked(site: Site) -> bool:
    """Does somebody bomb strangers through a form of this site?"""
    return unanswered(Confirmation, Confirmation.site_id == site.id)


def unanswered(links: Any, *which: ColumnElement[bool]) -> bool:
    """The mark of an attack: fifty letters within an hour, and more than four in five of their links never used.

    `links` is a table of links with `created_at` and `used_at`.
    """
    recent = (*which, links.created_at > now() - ATTACK_WINDOW)
    newest = select(links.used_at).where(*recent).order_by(links.created_at.desc()).limit(ATTACK_LETTERS)
    answers = list(db.session.scalars(newest))
    return len(answers) == ATTACK_LETTERS and answers.count(None) > ATTACK_SHARE * ATTACK_LETTERS


def alert(site: Site) -> None:
    """Tell the company, once a day."""
    # One at a time: who comes second sees the letter. Without the key, which every new row about the site holds.
    db.session.execute(select(Site.id).where(Site.id == site.id).with_for_update(key_share=True))
    told = (text(ATTACK), Letter.site_id == site.id, Letter.created_at > now() - timedelta(days=1))
    if db.session.scalar(select(Letter.id).where(*told).limit(1)) is None:
        letters.write("staff_attack", contact=None, site=site, lang=site.languages[0], refs={})


def _had_enough(contact: Contact) -> bool:
    letters_of_a_month = _letters(contact.address)
    no = suppression.since(contact.address)
    if no and any(at > max(no, now() - BARRED) for at in letters_of_a_month):
        return True
    return any(sum(at > now() - window for at in letters_of_a_month) >= most for most, window in PER_ADDRESS)


def _letters(address: str) -> list[datetime]:
    macs = keyring().macs(KEY, address.encode())
    recent = (ConfirmLetter.mac.in_(macs), ConfirmLetter.at > now() - MONTH)
    return list(db.session.scalars(select(ConfirmLetter.at).where(*recent)))


def count(contact: Contact) -> None:
    """A confirm letter is on its way to this address."""
    db.session.add(ConfirmLetter(mac=keyring().mac(KEY, contact.address.encode()), at=now()))


def forget() -> None:
    """What no window reaches back to."""
    db.session.execute(delete(ConfirmLetter).where(ConfirmLetter.at < now() - MONTH))


def _from(network: str, window: timedelta) -> int:
    recent = (Confirmation.network == network, Confirmation.created_at > now() - window)
    return db.session.scalar(select(func.count()).select_from(Confirmation).where(*recent)) or 0


def earliest(contact: Contact) -> datetime:
    """When the next confirm letter may leave: ten minutes after the last one."""
    last = db.session.scalar(select(func.max(Confirmation.created_at)).where(Confirmation.contact_id == contact.id))
    return max(now(), last + PAUSE) if last else now()


def lost_refused(contact: Contact) -> bool:
    """Links for somebody who lost the letter: one in ten minutes, three a day."""
    sent = (Letter.contact_id == contact.id, Letter.kind == "lost_link")
    count = select(func.count()).select_from(Letter).where(*sent)
    return any(
        (db.session.scalar(count.where(Letter.created_at > now() - window)) or 0) >= most
        for most, window in ((1, PAUSE), (3, timedelta(hours=24)))
    )
