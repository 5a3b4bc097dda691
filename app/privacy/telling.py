"""Letters that are acts of a request: asked for, and followed until they have left.

Whether one arrives changes nothing of what was done.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app import letters, outbox
from app.clock import now
from app.extensions import db
from app.letters.models import Letter
from app.privacy.models import PrivacyRequest, PrivacyTask
from app.privacy.service import mark
from app.sites.models import Site

UNSENT = timedelta(days=14)  # after this a letter that cannot be delivered keeps nothing waiting, and no address
SOON, LATE = timedelta(minutes=1), timedelta(hours=1)


def write(kind: str, request: PrivacyRequest, task: PrivacyTask, **refs: Any) -> None:
    """Ask for the letter, and look in a minute whether it has left."""
    site = db.session.get_one(Site, request.site_id)
    refs = {"request": request.id, **refs}
    letter = letters.write(kind, contact=None, site=site, lang=request.lang, refs=refs)
    mark(task, "polling", "system", letter_id=letter.id, started_at=now(), check_at=now() + SOON)
    outbox.enqueue("privacy.advance", request.id, run_at=task.check_at)


def follow(request: PrivacyRequest, task: PrivacyTask) -> None:
    """Has it left? After two weeks nobody waits for it any more."""
    letter = db.session.get(Letter, task.letter_id)
    if letter and letter.sent_at:
        mark(task, "verified", "system", done_at=now(), verified_at=letter.sent_at, check_at=None)
    elif letter is None or letter.dropped or now() - letter.created_at > UNSENT:
        mark(task, "skipped", "system", text="The letter could not be delivered.", check_at=None)
    else:
        waited = now() - letter.created_at
        task.check_at = now() + max(SOON, min(waited, LATE))
        outbox.enqueue("privacy.advance", request.id, run_at=task.check_at)
