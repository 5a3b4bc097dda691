"""From a request to its plan: a task for every act at every holder, made before anything is changed.

The plan has a hash over what was found. Whoever approves, approves that hash; it is found anew before the first act.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app

from app import outbox
from app.clock import now
from app.crypto import canonical_json, keyring
from app.extensions import db
from app.privacy import identity, moving, phases
from app.privacy.models import PrivacyRequest, PrivacyTask
from app.privacy.phases import CHANGES, OWN, Step
from app.privacy.service import lock, move
from app.privacy.sighting import Sight, look
from app.privacy.verifying import COPY, TRASH
from app.sync.coverage import service as coverage

Sights = dict[str, Sight]


class PlanChanged(Exception):
    """What is held is not what was looked at. There is, or will soon be, a new plan to look at."""


class NothingToApprove(Exception):
    """The request does not wait for anybody's approval."""


@dataclass(frozen=True)
class Would:
    """One line of a dry run. `found` is None where it is unknown; `text` says why."""

    phase: int
    act: str
    holder: str
    found: int | None
    text: str = ""


def dry_run(request: PrivacyRequest) -> list[Would]:
    """What would be done, by the planner itself. Writes nothing; calls every holder, so not for a web page."""
    sights = _seen(request)
    plan = _steps(request, sights)
    return [Would(s.phase, s.act, s.holder, sights[s.holder].found, sights[s.holder].trouble) for s in plan]


def plan(request_id: int) -> None:
    """Look everywhere, write the plan, and begin or wait for approval. For the worker: commits, and calls outside.

    An approved plan is carried out when it still is what would be planned now.
    """
    request = db.session.get(PrivacyRequest, request_id)
    if request is None or request.state not in ("received", "planned"):
        return
    sights = _seen(request)
    request = lock(request_id)
    if request is None or request.state not in ("received", "planned"):
        db.session.commit()
        return
    _decide(request, sights)
    db.session.commit()


def _seen(request: PrivacyRequest) -> Sights:
    known = identity.reveal(request.sealed)
    if known is None:
        raise LookupError("whom this request is about has been dropped")
    db.session.commit()
    return {sight.holder: sight for sight in look(known)}


def _decide(request: PrivacyRequest, sights: Sights) -> None:
    steps = _steps(request, sights)
    found = fingerprint(steps, sights)
    if found != request.plan_hash or not request.tasks:
        approved, request.approved_at, request.approved_by = request.approved_by, None, ""
        _write(request, steps, sights)
        request.plan_hash, request.planned_at = found, now()
        _announce(request, changed=bool(approved))
    if request.state == "planned":
        move(request, "executing", request.approved_by or "system", {"plan": request.plan_hash})
        outbox.enqueue("privacy.advance", request.id)


def _announce(request: PrivacyRequest, changed: bool) -> None:
    facts: dict[str, Any] = {"plan": request.plan_hash, "changed": changed, "found": _counts(request.tasks)}
    why = moving.doubt(request)
    for task in request.tasks:
        if why and (task.holder, task.act) == (OWN, "rectify"):
            task.text = why
    asked = request.kind in current_app.config["PRIVACY_APPROVAL"] and request.origin != "replay"
    wanted = asked or bool(why)
    move(request, "awaiting_approval" if wanted else "planned", "system", facts)


def _counts(tasks: Iterable[PrivacyTask]) -> dict[str, int | None]:
    return {task.holder: task.found for task in tasks}


def _steps(request: PrivacyRequest, sights: Sights) -> list[Step]:
    names = [name for name in sights if name != OWN]
    return phases.steps(request.kind, names, identity.unseal(request.wishes))


def _write(request: PrivacyRequest, steps: Sequence[Step], sights: Sights) -> None:
    request.tasks.clear()
    db.session.flush()
    for step in steps:
        add(request, step, sights[step.holder])
    db.session.flush()


def add(request: PrivacyRequest, step: Step, sight: Sight) -> PrivacyTask:
    """A task of a request, planned, with its snapshot. The ledger has the plan's hash; a task it has once it begins."""
    task = PrivacyTask(phase=step.phase, holder=step.holder, act=step.act, found=sight.found, text=sight.trouble[:500])
    task.sealed = identity.freeze(sight.profile, sight.frozen)
    request.tasks.append(task)
    return task


def fingerprint(steps: Sequence[Step], sights: Sights) -> str:
    """The plan in one word: what would be done where, to which objects, with which plugins. Keyed: ids may be hers."""
    rows = [[step.act, step.holder, _objects(step, sights), sights[step.holder].fingerprint] for step in steps]
    return keyring().mac(identity.KEY, canonical_json({"steps": rows}))


def _objects(step: Step, sights: Sights) -> list[str] | None:
    """Our own rows, and copies in our mailbox, grow by the letters of this very request: they say nothing."""
    sight = sights[step.holder]
    if step.act not in CHANGES or step.holder == OWN or sight.objects is None:
        return None
    return sorted(f"{one.kind} {one.id}" for one in sight.objects if one.kind not in (COPY, TRASH))


def approve(request: PrivacyRequest, actor: str, seen: str = "") -> None:
    """Somebody has looked at the plan: `seen` is its hash. The worker looks once more and then begins.

    Raises PlanChanged when that is not the plan any more, or when a human must first look at a holder's plugins;
    NothingToApprove when nothing waits. The caller commits.
    """
    held = lock(request.id)
    if held is None or held.state != "awaiting_approval":
        raise NothingToApprove(request.id)
    if seen and seen != held.plan_hash:
        raise PlanChanged("the plan has changed since it was shown")
    unseen = [name for name in coverage.covered() if coverage.changes(name)]
    if unseen:
        raise PlanChanged(f"plugins have changed: look at the connections of {', '.join(unseen)} first")
    held.approved_at, held.approved_by = now(), actor
    move(held, "planned", actor, {"plan": held.plan_hash})
    outbox.enqueue("privacy.plan", held.id)
