"""What staff do about a task that waits for them: have it tried again, or say what they have done. Callers commit."""

from __future__ import annotations

from datetime import date

from app import outbox
from app.clock import now
from app.privacy import moving, standing
from app.privacy.errors import NotWaiting
from app.privacy.models import PrivacyRequest, PrivacyTask
from app.privacy.phases import CHANGES
from app.privacy.service import lock, mark, move
from app.privacy.typed import needed

LONGEST = 500  # characters of a proof


def again(task: PrivacyTask, actor: str) -> None:
    """Try what failed, or what has been cleared away by hand. Raises NotWaiting."""
    request, held = _waiting(task, standing.STUCK)
    if held.act == "verify":
        for act in request.tasks:
            if act.holder == held.holder and act.act in CHANGES and act.state != "manual_done":
                mark(act, "planned", actor, attempts=0, left=None)
    mark(held, "planned", actor, attempts=0, check_at=None, left=None)
    _go_on(request, actor)


def confirm_manual(task: PrivacyTask, proof: str, actor: str) -> None:
    """Somebody has done by hand what no program could: `proof` says what. It is read back like everything else.

    Raises NotWaiting, or Unfit without a proof.
    """
    proof = needed("proof", proof, LONGEST)
    request, held = _waiting(task, ("manual", "failed"))
    if not moving.by_hand(held):
        raise NotWaiting(task.id)
    mark(held, "manual_done", actor, proof=proof, proof_by=actor, done_at=now(), check_at=None)
    moving.there(request, held)
    _go_on(request, actor)


def keep(task: PrivacyTask, law: str, until: date | None, proof: str, actor: str) -> None:
    """Somebody has decided that what is there stays, on this ground and up to this day, and is erased after it.

    A read must show that, and no more than that. Raises NotWaiting.
    """
    request, held = _waiting(task, ("manual",))
    said = {"law": law, "until": until, "proof": proof, "proof_by": actor}
    mark(held, "kept", actor, **said, done_at=now(), check_at=None, text="")
    _go_on(request, actor)


def _waiting(task: PrivacyTask, states: tuple[str, ...]) -> tuple[PrivacyRequest, PrivacyTask]:
    request = lock(task.request_id)
    held = next((one for one in request.tasks if one.id == task.id), None) if request else None
    if request is None or held is None or held.state not in states:
        raise NotWaiting(task.id)
    return request, held


def _go_on(request: PrivacyRequest, actor: str) -> None:
    if request.state != "executing":
        move(request, "executing", actor)
    outbox.enqueue("privacy.advance", request.id)
