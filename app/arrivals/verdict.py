"""What becomes of a row, by what we know already. A pure function: the preview and the import cannot disagree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.arrivals.rows import CLEANED, COMPLAINED, OFF, SUBSCRIBED, UNSUBSCRIBED, Row
from app.consent.state import State
from app.contacts.suppression import ALL

KINDS = ("new", "leaving", "known", "suppressed", "doubtful", "duplicate")
REASON = {UNSUBSCRIBED: "withdrawn", CLEANED: "bounced", COMPLAINED: "complained"}  # why they are left alone


@dataclass(slots=True)
class Standing:
    """What we know of an address: consent by purpose, which of it she gave to us herself, whom to leave alone."""

    states: dict[str, State] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)
    scopes: set[str] = field(default_factory=set)
    restricted: bool = False  # her data may only be kept: neither a yes nor a no of a list changes anything

    def word(self, purpose: str) -> str:
        """`withdrawn` also for whom we must leave alone without remembering her."""
        barred = self.scopes & {ALL, purpose}
        return "withdrawn" if barred else self.states.get(purpose, State()).state

    def learn(self, word: str, purpose: str) -> None:
        """What an earlier row of the same list made of her, where the ledger does not say so yet."""
        if word == "confirmed":
            self.states = {**self.states, purpose: State("confirmed")}
        elif word:
            self.scopes = self.scopes | {purpose if word == "withdrawn" else ALL}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`kind` is one of KINDS; `reason` is a word for why."""

    kind: str
    reason: str = ""


def judge(row: Row, standing: Standing, purpose: str, vouched: bool, again: bool) -> Verdict:
    """What becomes of this row. `again`: her address has been in the list before.

    A no anywhere counts more than a yes on the list; only what she later said to us herself counts more than its no.
    """
    verdict = _verdict(row, standing, purpose, vouched)
    repeats = again and verdict.kind in {"known", "doubtful"} and not row.problem
    return Verdict("duplicate") if repeats else verdict


def _verdict(row: Row, standing: Standing, purpose: str, vouched: bool) -> Verdict:
    if row.problem:
        return Verdict("doubtful", row.problem)
    if standing.restricted:
        return Verdict("suppressed", "restricted")
    if row.status in OFF:
        return _leaves(row, standing, purpose)
    if row.status != SUBSCRIBED:
        return Verdict("doubtful", row.status)
    word = standing.word(purpose)
    if word == "withdrawn":
        return Verdict("suppressed", "left_alone" if ALL in standing.scopes else "withdrawn")
    if word == "confirmed":
        return Verdict("known", "confirmed")
    if row.level == "D" and not vouched:
        return Verdict("doubtful", "no_proof")
    return Verdict("new", row.level)


def _leaves(row: Row, standing: Standing, purpose: str) -> Verdict:
    enough = standing.scopes & ({ALL, purpose} if row.status == UNSUBSCRIBED else {ALL})
    if enough or (row.status == UNSUBSCRIBED and standing.word(purpose) == "withdrawn"):
        return Verdict("known", "withdrawn")
    hers = standing.own & {purpose} if row.status == UNSUBSCRIBED else standing.own
    since = [moment for name in hers if (moment := standing.states[name].since)]
    if row.left_at and any(row.left_at < moment for moment in since):
        return Verdict("known", "came_back")
    return Verdict("leaving", row.status)


def ended(row: Row, standing: Standing, purpose: str) -> list[str]:
    """The purposes that a leaving row ends: the list's own, and all of them where mail no longer arrives."""
    if row.status == UNSUBSCRIBED:
        return [purpose]
    open_ = {name for name, state in standing.states.items() if state.state in {"confirmed", "asked"}}
    return sorted({purpose, *open_})


def after(row: Row, standing: Standing, purpose: str, verdict: Verdict) -> Standing:
    """Where she stands when the verdict has been carried out: for the next row about her."""
    if verdict.kind == "new":
        return Standing({**standing.states, purpose: State("confirmed")}, standing.own, standing.scopes)
    if verdict.kind != "leaving":
        return standing
    gone = dict.fromkeys(ended(row, standing, purpose), State("withdrawn"))
    scope = purpose if row.status == UNSUBSCRIBED else ALL
    return Standing({**standing.states, **gone}, standing.own - set(gone), standing.scopes | {scope})


def counted(counts: Mapping[str, int], verdict: Verdict) -> dict[str, int]:
    """The counts with one more: by kind, and by kind and reason."""
    names = [verdict.kind, *([f"{verdict.kind}:{verdict.reason}"] if verdict.reason else [])]
    return {**counts, **{name: counts.get(name, 0) + 1 for name in names}}
