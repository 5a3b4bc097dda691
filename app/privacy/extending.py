"""Two more months, where a request is complex or one of many: told to the person in time, with the reason.

GDPR article 12 (3): she must be informed within the first month. So the deadline moves when that letter has been
sent, and only if it was sent before the day that was due.
"""

from __future__ import annotations

from datetime import datetime

from app import letters
from app.clock import iso, now
from app.extensions import db
from app.letters.models import Letter
from app.privacy import deadline, proof
from app.privacy.duplicates import PROVEN
from app.privacy.errors import NotPossible
from app.privacy.models import PrivacyRequest
from app.privacy.service import lock
from app.privacy.typed import needed
from app.sites.models import Site

LONGEST = 300


def extend(request: PrivacyRequest, reason: str, actor: str) -> None:
    """Write to the person why it takes longer. Raises NotPossible: ended, extended before, too late; or Unfit."""
    request = lock(request.id) or request
    _check(request)
    reason = needed("extension", reason, LONGEST)
    site = db.session.get_one(Site, request.site_id)
    letter = letters.write(
        "privacy_extension", contact=None, site=site, lang=request.lang, refs={"request": request.id}
    )
    request.extension, request.extension_letter = reason, letter.id
    proof.note(request, "extension_asked", actor, facts={"due": iso(request.due_at)})


def _check(request: PrivacyRequest) -> None:
    if request.state not in PROVEN:
        raise NotPossible("not_open", "This request is not open.")
    if request.extended_at or request.extension_letter:
        raise NotPossible("extended", "The law allows one extension.")
    if now() > request.due_at:
        raise NotPossible("late", "It is too late: the person must be told within the first month.")


def settle(request: PrivacyRequest) -> None:
    """Move the deadline once its letter has been sent in time; give the extension up once it cannot be.

    The caller holds the request.
    """
    if request.extension_letter is None:
        return
    letter = db.session.get(Letter, request.extension_letter)
    if letter and letter.sent_at and letter.sent_at <= request.due_at:
        _extended(request, letter.sent_at)
    elif letter is None or letter.sent_at or letter.dropped or now() > request.due_at:
        _given_up(request, letter)


def _extended(request: PrivacyRequest, told_at: datetime) -> None:
    request.due_at, request.extended_at, request.warned = deadline.extended(request.due_at), told_at, 0
    request.extension_letter = None
    proof.note(request, "extended", "system", facts={"due": iso(request.due_at), "told": iso(told_at)})


def _given_up(request: PrivacyRequest, letter: Letter | None) -> None:
    """A letter that still waits must not leave any more: it names a day that does not count."""
    if letter and not letter.sent_at:
        letter.dropped = letter.dropped or "late"
    request.extension, request.extension_letter = "", None
    proof.note(request, "extension_failed", "system", facts={"due": iso(request.due_at)})
