"""What the clock does for requests: warnings to staff, extensions, what nobody ever proved, and what may be dropped."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update

from app import letters
from app.clock import now
from app.extensions import db
from app.outbox import periodic
from app.privacy import deadline, denial, extending, standing, throttle
from app.privacy.duplicates import PROVEN
from app.privacy.models import PrivacyLink, PrivacyRequest
from app.privacy.service import lock, move
from app.sites.models import Site

PROVE_WITHIN = timedelta(days=7)
KEEP_DENIED = timedelta(days=14)  # long enough for the letter to be tried again


@periodic(minute="20", hour="5")
def warn() -> None:
    """Tell staff of requests that are due in 14, 7 and 3 days, once each."""
    near = (PrivacyRequest.state.in_(PROVEN), PrivacyRequest.due_at <= deadline.horizon(now()))
    _each(select(PrivacyRequest.id).where(*near), _warn)


def _warn(request: PrivacyRequest) -> None:
    days = 0 if standing.answered(request) else deadline.warning(request.due_at, now())
    if request.state in PROVEN and days and (not request.warned or days < request.warned):
        request.warned = days
        site = db.session.get_one(Site, request.site_id)
        refs = {"request": request.id, "days": days}
        letters.write("privacy_due", contact=None, site=site, lang=site.languages[0], refs=refs)


@periodic(minute="*/5")
def settle_extensions() -> None:
    """Move the deadline of whoever has been told in time."""
    _each(select(PrivacyRequest.id).where(PrivacyRequest.extension_letter.is_not(None)), extending.settle)


@periodic(minute="35")
def expire() -> None:
    """End requests whose mailbox nobody has shown to be theirs within seven days."""
    _each(_unproven(now() - PROVE_WITHIN), _expire)


def _unproven(before: datetime) -> Any:
    return select(PrivacyRequest.id).where(
        PrivacyRequest.state == "identity_pending", PrivacyRequest.received_at <= before
    )


def _expire(request: PrivacyRequest) -> None:
    if request.state == "identity_pending":
        denial.forget(request)
        move(request, "expired", "system")


@periodic(minute="50", hour="3")
def drop() -> None:
    """Forget whom links that are over were for, links that no longer count, and whom a refused request was about."""
    gone = {"sealed": b"", "network": ""}
    db.session.execute(update(PrivacyLink).where(PrivacyLink.expires_at <= now()).values(gone))
    old = (PrivacyLink.created_at < now() - throttle.LONGEST, PrivacyLink.expires_at <= now())
    db.session.execute(delete(PrivacyLink).where(*old))
    db.session.commit()
    told = (PrivacyRequest.state == "denied", PrivacyRequest.ended_at <= now() - KEEP_DENIED)
    _each(select(PrivacyRequest.id).where(*told, PrivacyRequest.sealed != b""), denial.forget)


def _each(query: Any, act: Callable[[PrivacyRequest], Any]) -> None:
    """One request, one commit. What an act leaves as it was is not looked at twice."""
    for request_id in db.session.scalars(query.order_by(PrivacyRequest.id)).all():
        request = lock(request_id)
        if request:
            act(request)
        db.session.commit()
