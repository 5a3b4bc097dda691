"""Consent, as verbs: ask, confirm, withdraw, choose, expire. Nothing here commits, and nothing talks to the world."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, select

from app import letters, outbox, tokens
from app.clock import now
from app.consent import ledger, links, texts, throttle
from app.consent.models import Confirmation, ConsentEvent, ConsentEvidence, PreferenceLink
from app.consent.state import CONFIRM_WITHIN, State, fold
from app.contacts import suppression
from app.contacts.models import Contact
from app.contacts.service import lock
from app.extensions import db
from app.sites.models import Site

NEVER_AGAIN = {"complained", "bounced"}
SILENT = {"one_click", "post_no_body", "staff"}  # ways to withdraw that show the person no page of ours


def states(contact: Contact) -> dict[str, State]:
    """Where every purpose stands for this person now."""
    return fold(ledger.events(contact.subject), now())


def granted(contact: Contact) -> dict[str, State]:
    """The purposes the person says yes to."""
    return {purpose: state for purpose, state in states(contact).items() if state.state == "confirmed"}


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
    letter already covers it, or when the address has had its share of letters, nothing changes: None.
    """
    lock(contact.id)
    wanted = _wanted(contact, asked)
    if not wanted or _held_back(contact, network, site):
        return None
    send_at = throttle.earliest(contact)
    requests = [_request(contact, purpose, text, site, facts, shown) for purpose, text in wanted.items()]
    _void(contact)
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
    row = db.session.scalar(_open(contact).where(Confirmation.created_at > now() - throttle.PAUSE))
    events = (ledger.find(id_) for id_ in row.requests) if row else ()
    return {event.purpose for event in events if event}


def _open(contact: Contact) -> Any:
    return select(Confirmation).where(
        Confirmation.contact_id == contact.id,
        Confirmation.used_at.is_(None),
        Confirmation.voided_at.is_(None),
        Confirmation.expires_at > now(),
    )


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
        **_text(text),
        **shown,
    )
    return event.id


def _text(name: str) -> dict[str, Any]:
    """Which words an event is about: their hash, version and language."""
    row = texts.by_hash(name)
    return {"text_hash": row.hash, "text_version": row.version, "text_lang": row.lang} if row else {}


def _void(contact: Contact) -> None:
    """A newer request, a withdrawal or an erasure ends every link that waits."""
    for row in db.session.scalars(_open(contact)):
        row.voided_at = now()


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


def standing(row: Confirmation | None) -> str:
    """What a confirm link is good for: ask, already, void, expired; void when there is no such link."""
    if row is None or row.voided_at:
        return "void"
    if row.used_at:
        return "already" if _still(row) else "void"
    return "ask" if row.expires_at > now() else "expired"


def _still(row: Confirmation) -> bool:
    contact = db.session.get(Contact, row.contact_id)
    asked = {event.purpose for event in requests_of(row)}
    return contact is not None and bool(asked & set(granted(contact)))


def requests_of(row: Confirmation) -> list[ConsentEvent]:
    """The events a confirm link would answer."""
    return [event for id_ in row.requests if (event := ledger.find(id_))]


def confirm(row: Confirmation, facts: dict[str, Any]) -> list[ConsentEvent]:
    """The mailbox owner pressed the button. Lifts the suppression of what she said yes to.

    The caller has seen `standing(row) == "ask"`; under the contact's lock it is looked at once more.
    """
    contact = lock(row.contact_id)
    db.session.refresh(row)
    if contact is None or standing(row) != "ask":
        return []
    row.used_at = now()
    events = [_confirmed(contact, request, facts) for request in _still_asked(contact, row)]
    if events:
        refs = {"events": [event.id for event in events]}
        letters.write("receipt_confirmed", contact=contact, site=site_of(row.site_id), lang=row.lang, refs=refs)
        _changed(contact)
        if row.submission_id:
            outbox.enqueue("submission.confirmed", row.submission_id)
    return events


def _still_asked(contact: Contact, row: Confirmation) -> list[ConsentEvent]:
    now_states = states(contact)
    return [event for event in requests_of(row) if now_states[event.purpose].request == event.id]


def _confirmed(contact: Contact, request: ConsentEvent, facts: dict[str, Any]) -> ConsentEvent:
    same = {
        name: getattr(request, name)
        for name in ("site", "text_hash", "text_version", "text_lang", "form_hash", "policy_version", "render")
    }
    suppression.lift(contact.address, request.purpose)
    suppression.lift(contact.address, suppression.ALL)
    return ledger.append(
        contact,
        request.purpose,
        "confirmed",
        actor="subject",
        method="confirm_button",
        facts=facts,
        responds_to=request.id,
        **same,
    )


def site_of(site_id: int) -> Site:
    """The site a row of ours names."""
    return db.session.get_one(Site, site_id)


def withdraw(
    contact: Contact,
    purposes: Collection[str] | None = None,
    *,
    actor: str,
    method: str,
    at: datetime | None = None,
    facts: dict[str, Any] | None = None,
    site: str = "",
) -> list[ConsentEvent]:
    """Take consent back: for these purposes, or for all the person ever dealt with (None).

    `at` is when a processor says it happened: what the person said yes to after that moment stands. Repeats write
    no new event. Returns the new events, none when everything was withdrawn already.
    """
    lock(contact.id)
    now_states = states(contact)
    targets = [
        p for p in (now_states if purposes is None else purposes) if _to_withdraw(now_states.get(p, State()), at)
    ]
    events = [_withdrawn(contact, purpose, now_states, actor, method, facts, site) for purpose in sorted(targets)]
    if events:
        _void(contact)
        _receipt_for(contact, events, method)
        _changed(contact)
    return events


def _to_withdraw(state: State, at: datetime | None) -> bool:
    if state.state == "withdrawn":
        return False
    return not (at and state.state in {"asked", "confirmed"} and state.since and at < state.since)


def _withdrawn(
    contact: Contact,
    purpose: str,
    before: dict[str, State],
    actor: str,
    method: str,
    facts: dict[str, Any] | None,
    site: str,
) -> ConsentEvent:
    was = before.get(purpose, State())
    suppression.suppress(contact.address, purpose, "withdrawn")
    return ledger.append(
        contact,
        purpose,
        "withdrawn",
        actor=actor,
        method=method,
        facts=facts,
        site=site,
        responds_to=was.event,
        **_text(was.text_hash),
    )


def _receipt_for(contact: Contact, events: list[ConsentEvent], method: str) -> None:
    if method not in SILENT or contact.site_id is None:
        return
    refs = {"events": [event.id for event in events]}
    letters.write("receipt_withdrawn", contact=contact, site=site_of(contact.site_id), lang=contact.lang, refs=refs)


def choose(link: PreferenceLink, wanted: Collection[str], facts: dict[str, Any]) -> list[ConsentEvent]:
    """What the person ticked behind a fresh link sent to her address. The link is then used up."""
    contact = lock(link.contact_id)
    db.session.refresh(link)
    if contact is None or link.used_at:
        return []
    link.used_at = now()
    has = set(granted(contact))
    added = [_chosen(contact, purpose, link, facts) for purpose in sorted(set(wanted) - has)]
    dropped = sorted(set(states(contact)) - set(wanted))
    taken = withdraw(
        contact, dropped, actor="subject", method="preference_page", facts=facts, site=site_of(link.site_id).slug
    )
    if added:
        _changed(contact)
    return added + taken


def _chosen(contact: Contact, purpose: str, link: PreferenceLink, facts: dict[str, Any]) -> ConsentEvent:
    site, text = site_of(link.site_id), texts.current(purpose, link.lang)
    suppression.lift(contact.address, purpose)
    suppression.lift(contact.address, suppression.ALL)
    return ledger.append(
        contact,
        purpose,
        "confirmed",
        actor="subject",
        method="preference_page",
        facts=facts,
        site=site.slug,
        policy_version=site.policy_version,
        render="verified",
        **_text(text.hash if text else ""),
    )


def send_lost_link(contact: Contact) -> None:
    """A letter with a link to withdraw and one to choose, for somebody who lost hers."""
    site = db.session.get(Site, contact.site_id) if contact.site_id else db.session.scalar(select(Site).limit(1))
    lock(contact.id)
    if site and not throttle.lost_refused(contact):
        link = links.open_preferences(contact, site, contact.lang)
        letters.write("lost_link", contact=contact, site=site, lang=contact.lang, refs={"preferences": link.id})


def expire(row: Confirmation) -> None:
    """Nobody confirmed in time: note it, and let the evidence of the asking go."""
    contact = lock(row.contact_id)
    if contact is None:
        return
    now_states = fold(ledger.events(contact.subject), row.created_at)
    for request in requests_of(row):
        if now_states.get(request.purpose, State()).request == request.id:
            ledger.append(contact, request.purpose, "expired", actor="system", method="clock", responds_to=request.id)
    db.session.execute(delete(ConsentEvidence).where(ConsentEvidence.event_id.in_(row.requests)))
    if row.submission_id:
        outbox.enqueue("submission.expired", row.submission_id)
    db.session.delete(row)


def unneeded(contact: Contact) -> bool:
    """Is there nothing left that speaks for keeping this person's address?"""
    waiting = db.session.scalar(_open(contact))
    return waiting is None and all(state.state in {"none", "expired"} for state in states(contact).values())


def _changed(contact: Contact) -> None:
    """Bring every processor in line, soon."""
    outbox.enqueue("consent.follow", contact.id)
