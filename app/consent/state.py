"""What the events say now. A pure function: the same events give the same state, in whatever order they are read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

CONFIRM_WITHIN = timedelta(days=7)
DIRECT = {"preference_page"}  # a yes behind a link that was just sent to the address: no second letter needed
NO = {"withdrawn", "objected", "invalidated"}


class Event(Protocol):
    """The part of an event that decides anything."""

    id: str
    purpose: str
    type: str
    at: datetime
    method: str
    responds_to: str
    text_hash: str


@dataclass(frozen=True)
class State:
    """Where one purpose stands: none, asked, confirmed, withdrawn or expired, and the event that made it so."""

    state: str = "none"
    since: datetime | None = None
    event: str = ""
    request: str = ""  # the open request that a confirmation must answer
    text_hash: str = ""


def fold(events: Iterable[Event], now: datetime) -> dict[str, State]:
    """State by purpose. Events are taken in the order of the server's clock, then of their ids."""
    states: dict[str, State] = {}
    for event in sorted({event.id: event for event in events}.values(), key=lambda e: (e.at, e.id)):
        states[event.purpose] = _after(states.get(event.purpose, State()), event)
    return {purpose: _aged(state, now) for purpose, state in states.items()}


def _after(before: State, event: Event) -> State:
    if event.type == "requested":
        return before if before.state == "confirmed" else _now(event, "asked", request=event.id)
    if event.type == "confirmed":
        return _now(event, "confirmed") if _answers(before, event) else before
    if event.type == "imported":
        # Undated: the yes was given before we heard of it, so nothing that happened since may count as older than it.
        return before if before.state in {"confirmed", "withdrawn"} else replace(_now(event, "confirmed"), since=None)
    if event.type in NO:
        return _now(event, "withdrawn")
    if event.type == "expired" and before.request == event.responds_to and before.state == "asked":
        return _now(event, "expired")
    return _now(event, "none") if event.type == "erased" else before


def _answers(before: State, event: Event) -> bool:
    """A confirmation counts when it answers the open request in time, or was given behind a fresh link."""
    if event.method in DIRECT:
        return before.state != "confirmed"
    in_time = before.since is not None and event.at < before.since + CONFIRM_WITHIN
    return before.state == "asked" and before.request == event.responds_to and in_time


def _now(event: Event, word: str, request: str = "") -> State:
    return State(word, event.at, event.id, request, event.text_hash)


def _aged(state: State, now: datetime) -> State:
    if state.state == "asked" and state.since and now >= state.since + CONFIRM_WITHIN:
        return State("expired", state.since + CONFIRM_WITHIN, state.event, "", state.text_hash)
    return state
