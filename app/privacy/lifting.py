"""The end of a restriction: the person is told first (GDPR article 18 (3)), then everything is used again as before."""

from __future__ import annotations

from app import outbox, processors
from app.contacts.models import Contact
from app.extensions import db
from app.privacy import identity, phases, telling
from app.privacy.errors import NotWaiting
from app.privacy.identity import Identity
from app.privacy.models import PrivacyRequest, PrivacyTask
from app.privacy.phases import OWN
from app.privacy.planning import add
from app.privacy.service import lock, move
from app.privacy.sighting import Sight, profiles_for

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
    sights = {name: Sight(name, profile, None) for name, profile in profiles_for(known, (OWN, *names)).items()}
    for step in phases.lifting(names):
        add(held, step, sights[step.holder])
    move(held, "executing", actor, {"stage": "lift"})
    outbox.enqueue("privacy.advance", held.id)


def tell(request: PrivacyRequest, task: PrivacyTask) -> None:
    """Write that it will be lifted, and wait until that letter has left; no longer than two weeks."""
    if task.state == "planned":
        telling.write("privacy_lifted", request, task)
    elif task.state == "polling":
        telling.follow(request, task)
