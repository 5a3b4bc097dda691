"""Taking consent back. Never refused, never needed twice."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from app import journal, letters
from app.consent import ledger, texts
from app.consent.models import ConsentEvent
from app.consent.standing import changed, site_of, states, void_open, words_of
from app.consent.state import State
from app.contacts import suppression
from app.contacts.models import Contact
from app.contacts.service import lock

SILENT = {"one_click", "post_no_body", "staff"}  # ways to withdraw that show the person no page of ours


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
    """Take consent back: for these purposes, or for everything (None): then what was never asked is shut as well, so
    that no list that arrives later brings the person in.

    `at` is when a processor says it happened: what the person said yes to after that moment stands. Repeats write
    no new event. Returns the new events, none when everything was withdrawn already.
    """
    if lock(contact.id) is None:  # forgotten while we waited
        return []
    now_states = states(contact)
    targets = _targets(now_states, purposes, at)
    events = [_withdrawn(contact, purpose, now_states, actor, method, facts, site) for purpose in targets]
    shut = _shut(contact, now_states) if purposes is None else []
    if events or shut:
        journal.note("withdraw", contact.address, ",".join([*(event.purpose for event in events), *shut]))
    if events:
        void_open(contact)
        _receipt_for(contact, events, method)
        changed(contact)
    return events


def left(contact: Contact, purposes: Collection[str] | None = None) -> list[str]:
    """The purposes that `withdraw` would take back now, in order."""
    return _targets(states(contact), purposes, None)


def _targets(now_states: dict[str, State], purposes: Collection[str] | None, at: datetime | None) -> list[str]:
    """Who was never asked anything says no to all there is, and gets the proof of it."""
    wanted = (now_states or _known()) if purposes is None else purposes
    return sorted(p for p in wanted if _to_withdraw(now_states.get(p, State()), at))


def _known() -> set[str]:
    return {purpose.slug for purpose in texts.purposes()}


def refuse(address: str, purposes: Collection[str] | None = None) -> list[str]:
    """Somebody whom we hold nothing about wants to stay off these lists, or off all of them (None).

    Takes a canonical address. Only her own fresh confirmation lifts it. Returns what was open until now, in order.
    """
    shut = not_refused(address, purposes)
    for purpose in shut:
        suppression.suppress(address, purpose, "withdrawn")
    if shut:
        journal.note("withdraw", address, ",".join(shut))
    return shut


def not_refused(address: str, purposes: Collection[str] | None = None) -> list[str]:
    """What `refuse` would shut now, in order."""
    shut = suppression.scopes(address)
    return [] if suppression.ALL in shut else sorted((_known() if purposes is None else set(purposes)) - shut)


def _shut(contact: Contact, now_states: dict[str, State]) -> list[str]:
    """Leave the person alone for the purposes that were never asked. Returns what was open until now."""
    never = sorted(_known() - set(now_states) - suppression.scopes(contact.address))
    for purpose in never:
        suppression.suppress(contact.address, purpose, "withdrawn")
    return never


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
        **words_of(was.text_hash),
    )


def _receipt_for(contact: Contact, events: list[ConsentEvent], method: str) -> None:
    if method not in SILENT or contact.site_id is None:
        return
    refs = {"events": [event.id for event in events]}
    letters.write("receipt_withdrawn", contact=contact, site=site_of(contact.site_id), lang=contact.lang, refs=refs)
