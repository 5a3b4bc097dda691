"""No, with a reason and with the way to complain; and what ends without an answer because she no longer asks."""

from __future__ import annotations

from app import letters
from app.extensions import db
from app.privacy import identity
from app.privacy.errors import NotPossible, Unfit
from app.privacy.models import OPEN, PrivacyRequest
from app.privacy.service import lock, mark, move
from app.privacy.typed import fit, needed
from app.sites.models import Site

REASONS = (
    # Data Rights Protocol 0.9.4, section 3.02
    "suspected_fraud",
    "insuf_verification",
    "no_match",
    "claim_not_covered",
    "outside_jurisdiction",
    "too_many_requests",
    "other",
    # GDPR articles 12 (5), 17 (3) (b) and (e), 15 (4)
    "manifestly_unfounded",
    "legal_obligation",
    "legal_claims",
    "third_party_rights",
)
LONGEST = 500  # characters of the note
COPIES = {"access", "portability"}  # may be refused at any time: nothing has been changed


def deny(request: PrivacyRequest, reason_code: str, actor: str, note_to_person: str = "") -> None:
    """Refuse a request and write to the person why (GDPR article 12 (4)). The note is kept sealed, for the letter.

    Raises Unfit for an unknown reason, for `other` without a note, and for a note that is too long; NotPossible when it
    has ended, and when something has been done already.
    """
    if reason_code not in REASONS:
        raise Unfit("denial", "missing")
    say = needed if reason_code == "other" else fit
    note = say("note", note_to_person, LONGEST)
    request = _endable(request)
    request.denial = reason_code
    if note:
        request.wishes = identity.seal(identity.unseal(request.wishes) | {"note": note})
    _end(request, "denied", actor, {"reason": reason_code})
    site = db.session.get_one(Site, request.site_id)
    letters.write("privacy_denied", contact=None, site=site, lang=request.lang, refs={"request": request.id})


def cancel(request: PrivacyRequest, actor: str) -> None:
    """The person takes her request back. Raises NotPossible as `deny` does."""
    request = _endable(request)
    _end(request, "cancelled", actor, {})
    forget(request)


def forget(request: PrivacyRequest) -> None:
    """Drop whom an ended request was about and what she typed; the keyed hash of the address stays."""
    request.sealed, request.wishes, request.network = b"", b"", ""


def _endable(request: PrivacyRequest) -> PrivacyRequest:
    held = lock(request.id)
    if held is None or held.state not in OPEN:
        raise NotPossible("ended", "This request has ended.")
    if held.kind not in COPIES and any(task.started_at for task in held.tasks):
        raise NotPossible("begun", "Something has been done already, and cannot be undone.")
    return held


def _end(request: PrivacyRequest, state: str, actor: str, facts: dict[str, str]) -> None:
    for task in request.tasks:
        if task.state == "planned":
            mark(task, "skipped", actor)
        task.sealed = b""
    move(request, state, actor, facts)
