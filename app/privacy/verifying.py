"""What a read shows, and what follows from it. Nothing counts as erased because somebody said so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from app.clock import now
from app.privacy import mailroom
from app.privacy.acts import Answer
from app.privacy.models import PrivacyRequest, PrivacyTask
from app.privacy.phases import CHANGES, OWN
from app.privacy.service import mark
from app.processors.base import Held

TRASH = "trash"  # on its way out, and shown until then
COPY = "copy"  # of a letter of ours, which may be put there while an erasure goes on, and by its end
MENDS = 3  # times that copies are taken away again before a human is asked
MORE = "Letters have come since somebody looked through them. Fetch them again."
UNCHANGING = "Letters, messages and documents stay as they were written."
EMPTIED = timedelta(days=31)
OVER = ("done", "kept", "polling", "verify_failed")  # of these a read that shows nothing makes `verified`


def judge(request: PrivacyRequest, check: PrivacyTask, answer: Answer) -> None:
    """Settle a check, and the act that it checks, by what was read."""
    act = next(task for task in request.tasks if task.holder == check.holder and task.act in CHANGES)
    if act.act == "erase":
        _gone(check, act, answer.held)
    else:
        _right(check, act, answer)


def _gone(check: PrivacyTask, act: PrivacyTask, held: Sequence[Held]) -> None:
    stays, goes = mailroom.stays(act), mailroom.goes(act)
    if goes:  # the second stage is about what was kept: letters of later years are not of this request
        held = [one for one in held if one.id in goes]
    first, act.left, check.left = act.left is None, len(held), len(held)
    rest = [one for one in held if one.id not in stays]
    if not held:
        _confirmed(check, act)
    elif act.state in ("kept", "polling") and not (stays and rest):
        _lasts(check, act)
    elif check.attempts < MENDS and {one.kind for one in rest} in ({COPY}, {COPY, TRASH}):
        mark(act, "planned", "system", attempts=0, left=None)
        mark(check, "planned", "system", attempts=check.attempts + 1)
    elif all(one.kind == TRASH for one in rest):
        mark(act, act.state, "system")
        text = f"{len(rest)} objects are in the trash there, which is emptied after 30 days."
        _seen(check, "polling", text=text, check_at=now() + EMPTIED)
    elif stays:  # letters have come since: the question is asked again
        mark(act, "manual", "system", text=MORE, law="", until=None)
        mark(check, "planned", "system")
    elif act.state == "manual_done":
        mark(act, act.state, "system")
        _seen(check, "manual", text=f"Still shown: {_kinds(held)}. Delete it, or say why it stays.")
    else:
        _failed(check, act, f"Still there after it was erased: {_kinds(held)}.", first)


def _lasts(check: PrivacyTask, act: PrivacyTask) -> None:
    """It is there, and has to be for a while."""
    mark(act, act.state, "system")
    _seen(check, act.state, law=act.law, until=act.until, text=act.text, check_at=act.check_at)


def _right(check: PrivacyTask, act: PrivacyTask, answer: Answer) -> None:
    first, act.left, check.left = act.left is None, len(answer.held), len(answer.held)
    if answer.right:
        stays = act.act == "rectify" and act.holder != OWN and answer.held
        _confirmed(check, act, UNCHANGING if stays else "")
    else:
        _failed(check, act, "A read does not show what was to be changed.", first)


def _confirmed(check: PrivacyTask, act: PrivacyTask, text: str = "") -> None:
    state = "verified" if act.state in OVER else act.state
    mark(act, state, "system", verified_at=now(), check_at=None)
    _seen(check, "verified", check_at=None, text=text)


def _seen(check: PrivacyTask, state: str, **values: object) -> None:
    mark(check, state, "system", verified_at=now(), done_at=now(), **values)


def _failed(check: PrivacyTask, act: PrivacyTask, text: str, first: bool) -> None:
    """Once more by itself; then a human."""
    done_by_hand = act.state == "manual_done"
    mark(act, "verify_failed", "system", text=text)
    if first and not done_by_hand:
        mark(act, "planned", "system", attempts=0)
        mark(check, "planned", "system", text=text)
    else:
        mark(check, "failed", "system", text=text)


def _kinds(held: Sequence[Held]) -> str:
    """Kinds and how many of each: never an id, which may be an address."""
    kinds = sorted({one.kind for one in held})
    return ", ".join(f"{sum(one.kind == kind for one in held)} × {kind}" for kind in kinds)[:300]
