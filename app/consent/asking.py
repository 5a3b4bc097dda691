"""Asking for consent: by a form that anyone can send, so it must never weaken, reveal or bother."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from app import letters, tokens
from app.clock import now
from app.consent import ledger, links, throttle
from app.consent.models import Confirmation
from app.consent.standing import open_links, states, void_open, words_of
from app.consent.state import CONFIRM_WITHIN, State
from app.contacts import suppression
from app.contacts.models import Contact
from app.contacts.service import lock
from app.extensions import db
from app.sites.models import Site

NEVER_AGAIN = {"complained"}


def ask(
    contact: Contact,
    asked: Mapping[str, str],
    *,
    site: Site,
    lang: str,
    facts: dict[str, Any],
    network: str = "",
    submission_id: int | None = None,
    **shown: Any,
) -> Confirmation | None:
    """Note that consent was asked for, and write one neutral letter with a confirm link.

    `asked` is purpose to the hash of the text that was shown. When every answer is already yes, when a waiting
    letter already covers it, when the address has had its share of letters, or when the person may not be used for
    anything now (GDPR article 18), nothing changes: None.
    """
    if lock(contact.id) is None or contact.restricted_at:
        return None
    wanted = _wanted(contact, asked)
    if not wanted or _held_back(contact, network, site):
        return None
    send_at = throttle.earliest(contact)
    requests = [_request(contact, purpose, text, site, facts, shown) for purpose, text in wanted.items()]
    void_open(contact)
    throttle.count(contact)
    waiting = _confirmation(contact, site, lang, requests, network, submission_id)
    letters.write("confirm", contact=contact, site=site, lang=lang, refs={"confirmation": waiting.id}, run_at=send_at)
    return waiting


def _held_back(contact: Contact, network: str, site: Site) -> bool:
    attacked = throttle.attacked(site)
    if attacked:
        throttle.alert(site)
    return throttle.refused(contact, network, strict=attacked)


def _wanted(contact: Contact, asked: Mapping[str, str]) -> dict[str, str]:
    now_states = states(contact)
    blocked = suppression.reasons(contact.address) & NEVER_AGAIN
    wanted = {p: text for p, text in asked.items() if now_states.get(p, State()).state != "confirmed"}
    covered = _covered(contact)
    return {} if blocked or set(wanted) <= covered else wanted


def _covered(contact: Contact) -> set[str]:
    """Purposes that a letter of the last ten minutes already asks about."""
    row = db.session.scalar(open_links(contact).where(Confirmation.created_at > now() - throttle.PAUSE))
    events = (ledger.find(id_) for id_ in row.requests) if row else ()
    return {event.purpose for event in events if event}


def _request(contact: Contact, purpose: str, text: str, site: Site, facts: dict[str, Any], shown: Any) -> str:
    event = ledger.append(
        contact,
        purpose,
        "requested",
        actor="subject",
        method="form_checkbox",
        facts=facts,
        site=site.slug,
        policy_version=site.policy_version,
        **words_of(text),
        **shown,
    )
    return event.id


def _confirmation(
    contact: Contact, site: Site, lang: str, requests: list[str], network: str, submission_id: int | None
) -> Confirmation:
    id_ = str(uuid4())
    row = Confirmation(id=id_, digest=tokens.digest(links.confirm_word(id_)), contact_id=contact.id, site_id=site.id)
    row.lang, row.requests, row.network, row.submission_id = lang, requests, network, submission_id
    row.expires_at = now() + CONFIRM_WITHIN
    db.session.add(row)
    db.session.flush()
    return row
