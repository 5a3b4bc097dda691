"""The page of choices: what the person ticks behind a link that was just sent to her address."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from app import letters
from app.clock import now
from app.consent import ledger, links, texts, throttle
from app.consent.models import ConsentEvent, ConsentText, PreferenceLink
from app.consent.standing import changed, granted, site_of, states, words_of
from app.consent.withdrawing import withdraw
from app.contacts import suppression
from app.contacts.models import Contact
from app.contacts.service import lock
from app.extensions import db
from app.sites.service import home


def choose(link: PreferenceLink, wanted: Collection[str], facts: dict[str, Any]) -> list[ConsentEvent]:
    """What the person ticked behind a fresh link sent to her address. The link is then used up."""
    contact = lock(link.contact_id)
    if contact is None:  # forgotten while we waited, and the link with her
        return []
    db.session.refresh(link)
    if link.used_at:
        return []
    link.used_at = now()
    has = set(granted(contact))
    read = [text for purpose in sorted(set(wanted) - has) if (text := texts.current(purpose, link.lang))]
    added = [_chosen(contact, text, link, facts) for text in read]  # a yes to no words would prove nothing
    dropped = sorted(set(states(contact)) - set(wanted))
    taken = withdraw(
        contact, dropped, actor="subject", method="preference_page", facts=facts, site=site_of(link.site_id).slug
    )
    if added:
        changed(contact)
    return added + taken


def _chosen(contact: Contact, text: ConsentText, link: PreferenceLink, facts: dict[str, Any]) -> ConsentEvent:
    site = site_of(link.site_id)
    suppression.lift(contact.address, text.purpose)
    suppression.lift(contact.address, suppression.ALL)
    return ledger.append(
        contact,
        text.purpose,
        "confirmed",
        actor="subject",
        method="preference_page",
        facts=facts,
        site=site.slug,
        policy_version=site.policy_version,
        render="verified",
        **words_of(text.hash),
    )


def send_lost_link(contact: Contact) -> None:
    """A letter with a link to withdraw and one to choose, for somebody who lost hers."""
    site = home(contact.site_id)
    lock(contact.id)
    if site and not throttle.lost_refused(contact):
        link = links.open_preferences(contact, site, contact.lang)
        letters.write("lost_link", contact=contact, site=site, lang=contact.lang, refs={"preferences": link.id})
