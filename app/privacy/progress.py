"""How far a request has come, place by place, in words that a person understands. Read from its tasks, no more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from app.privacy import outcome_words, standing, words
from app.privacy.models import SETTLED, PrivacyRequest, PrivacyTask
from app.privacy.receipts import backups
from app.privacy.verifying import UNCHANGING

# Acts that prepare, check or tell. What a person asks after is the one that is none of these.
ASIDE = {"stop", "verify", "review", "archive", "notify", "letter", "forget", "tell"}

VERIFIED = {
    "access": _("Copied for you."),
    "portability": _("Copied for you."),
    "rectification": _("Corrected. We have looked again, and it now stands right."),
    "erasure": _("Deleted. We have looked again, and nothing is left."),
    "restriction": _("Kept, and no longer used."),
    "objection": _("You get no marketing from here."),
}
UNCHANGED = _("What was written before stays as it was, such as letters, messages and issued invoices.")
FAILED = {"failed", "verify_failed"}


@dataclass(frozen=True)
class Line:
    """One place. `kept` says that something is still there, with good reason; `found` that anything was there."""

    holder: str
    text: str
    settled: bool
    found: bool
    kept: bool = False


def lines(request: PrivacyRequest) -> list[Line]:
    """One line for every place that had something to do, our own register last."""
    speaking = [task for task in request.tasks if task.act not in ASIDE - {"verify"} and task.state != "skipped"]
    places = groupby(sorted(speaking, key=lambda task: (task.holder == "own", task.holder)), lambda task: task.holder)
    found = [_line(request.kind, holder, sorted(tasks, key=lambda task: task.phase)) for holder, tasks in places]
    return [line for line in found if line]


def nothing(found: list[Line]) -> bool:
    """Has every place been looked at, and was there nothing anywhere?"""
    return bool(found) and all(line.settled and not line.found for line in found)


def _line(kind: str, holder: str, tasks: list[PrivacyTask]) -> Line | None:
    acts = [task for task in tasks if task.act not in ASIDE]
    if not acts:  # nothing could be changed there
        return Line(holder, str(UNCHANGED), True, True) if _unchanged(tasks) else None
    task = next((task for task in tasks if not _over(task)), acts[-1])
    kept = any(standing.lasting(task) for task in acts)
    settled = all(_over(task) for task in tasks)
    found = acts[-1].state != "not_found"
    text = _kept(acts[-1]) if kept and settled else _text(kind, task)
    return Line(holder, f"{text} {UNCHANGED}" if _unchanged(tasks) else text, settled, found, kept)


def _unchanged(tasks: list[PrivacyTask]) -> bool:
    """Has a check of a correction shown something that no correction reaches?"""
    return any(task.act == "verify" and task.text == UNCHANGING for task in tasks)


def _over(task: PrivacyTask) -> bool:
    return task.state in SETTLED or standing.lasting(task)


def _kept(task: PrivacyTask) -> str:
    if task.state == "kept":
        return outcome_words.kept(task.law, task.until)
    return str(
        gettext(
            "Out of use. The last of it goes by itself, and we look again on %(day)s.", day=words.day(task.check_at)
        )
    )


def _text(kind: str, task: PrivacyTask) -> str:
    if task.state == "not_found":
        return str(outcome_words.NOTHING)
    if task.state == "manual_done":
        return str(gettext("Done by hand on %(day)s.", day=words.day(task.done_at)))
    if task.state == "verified":
        return str(gettext("Used again, as before.")) if task.act == "lift" else str(VERIFIED[kind])
    return _waiting(task)


def _waiting(task: PrivacyTask) -> str:
    if task.state == "manual":
        return str(outcome_words.BY_HAND)
    if task.state in FAILED:
        return str(outcome_words.FAILED)
    if task.state == "polling" and task.check_at:
        return outcome_words.under_way(task.check_at)
    if task.state == "done" or task.act == "verify":
        return str(gettext("Done here. We look again before we say that it is so."))
    return str(outcome_words.OPEN)


def safety_copies(request: PrivacyRequest) -> list[dict[str, str]]:
    """Where copies against accidents outlive an erasure, and the day the last of them is gone."""
    names = sorted({task.holder for task in request.tasks}, key=lambda name: (name == "own", name))
    told = {name: backups.after(name, [task for task in request.tasks if task.holder == name]) for name in names}
    return [
        {"holder": words.holder(name), "line": _fading(known)}
        for name, known in told.items()
        if known and known["days"] != 0
    ]


def _fading(known: dict[str, Any]) -> str:
    if known["last_day"] is None:
        return str(gettext("No day is named there."))
    return words.day(date.fromisoformat(known["last_day"]))
