"""The end of a restriction: the person is told first (GDPR article 18 (3)), then everything is used again as before."""

from __future__ import annotations

from datetime import timedelta

from app import letters, outbox, processors
from app.clock import now
from app.contacts.models import Contact
from app.extensions import db
from app.letters.models import Letter
from app.privacy import identity, phases
from app.privacy.errors import NotWaiting
from app.privacy.identity import Identity
from app.privacy.models import PrivacyRequest, PrivacyTask
from app.privacy.phases import OWN
from app.privacy.planning import add
from app.privacy.service import lock, mark, move
from app.privacy.sighting import Sight, profile_for
from app.sites.models import Site

UNSENT = timedelta(days=14)
LOOK = timedelta(minutes=1)
ENDED = ("completed", "completed_with_retention")


def lift(request: PrivacyRequest, actor: str) -> None:
    """End a restriction that has been carried out. The caller commits. Raises NotWaiting where there is none.

    Her address has been dropped from the request by then; she is found by her row, and dropped from it again.
    """
    held = lock(request.id)
    contact = db.session.get(Contact, held.contact_id) if held and held.contact_id else None
    if held is None or contact is None or held.kind != "restriction" or held.state not in ENDED:
        raise NotWaiting(request.id)
    known = Identity.of(contact)
    held.sealed = identity.hide(known)
    names = list(processors.active())
    sights = {name: Sight(name, profile_for(known, name), None) for name in (OWN, *names)}
    for step in phases.lifting(names):
        add(held, step, sights[step.holder])
    move(held, "executing", actor, {"stage": "lift"})
    outbox.enqueue("privacy.advance", held.id)


def tell(request: PrivacyRequest, task: PrivacyTask) -> None:
    """Write that it will be lifted, and wait until that letter has left; no longer than two weeks."""
    if task.state == "planned":
        site = db.session.get_one(Site, request.site_id)
        letter = letters.write(
            "privacy_lifted", contact=None, site=site, lang=request.lang, refs={"request": request.id}
        )
        mark(task, "polling", "system", letter_id=letter.id, started_at=now(), check_at=now() + LOOK)
    elif task.state == "polling":
        _follow(task)
    if task.state == "polling":
        outbox.enqueue("privacy.advance", request.id, run_at=now() + LOOK)


def _follow(task: PrivacyTask) -> None:
    letter = db.session.get(Letter, task.letter_id)
    if letter and letter.sent_at:
        mark(task, "verified", "system", done_at=now(), verified_at=letter.sent_at, check_at=None)
    elif letter is None or letter.dropped or (task.started_at and now() - task.started_at > UNSENT):
        mark(task, "skipped", "system", text="The letter could not be delivered.", check_at=None)
    else:
        task.check_at = now() + LOOK
