"""A request with tasks as the engine would have left them, written through the one place that proves each step."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from app.clock import now
from app.extensions import db
from app.privacy import identity, service
from app.privacy.models import PrivacyRequest, PrivacyTask
from app.sites.models import Site

ADDRESS = "kari@example.no"
NAME = "Kari Šulcaitė-Ødegård"
LAW = "bokføringsloven § 13"


def opened(kind: str = "erasure", lang: str = "nb", wishes: dict[str, Any] | None = None) -> PrivacyRequest:
    """A proven request of Kari's."""
    site = db.session.query(Site).first()
    request = PrivacyRequest(kind=kind, origin="web", site_id=site.id, lang=lang, address_mac=identity.mac(ADDRESS))
    request.sealed = identity.hide(identity.Identity(ADDRESS, ADDRESS))
    request.wishes = identity.seal(wishes or {})
    request.received_at = request.proven_at = now()
    request.due_at = now() + timedelta(days=30)
    db.session.add(request)
    db.session.flush()
    service.move(request, "received", "subject")
    return request


def done(request: PrivacyRequest, holder: str, act: str, state: str = "verified", **values: Any) -> PrivacyTask:
    """A task that has come to its end."""
    task = PrivacyTask(request_id=request.id, phase=values.pop("phase", 4), holder=holder, act=act)
    request.tasks.append(task)
    db.session.flush()
    service.mark(task, "dispatched", "system", started_at=now())
    if state == "verified":
        values = {"verified_at": now(), "left": 0, **values}
    service.mark(task, state, "system", done_at=now(), **values)
    return task


def erased(lang: str = "nb") -> PrivacyRequest:
    """An erasure that reached everybody, and that the law held back at one place."""
    request = opened("erasure", lang)
    done(request, "own", "stop", "done", phase=1)
    done(request, "own", "withdraw", "done", phase=3)
    done(request, "mailchimp", "erase", found=1)
    done(request, "google_contacts", "erase", "not_found", found=0)
    done(request, "stripe", "erase", "kept", found=4, law=LAW, until=date(2031, 12, 31))
    done(request, "gmail", "erase", "polling", found=3, check_at=now() + timedelta(days=31))
    done(request, "wordpress", "erase", "manual_done", found=2)
    done(request, "own", "erase", found=12, phase=6)
    done(request, "own", "verify", phase=7)
    service.move(request, "completed_with_retention", "system")
    return request
