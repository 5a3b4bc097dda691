"""What the worker does for consent: lost links, seals, requests that nobody confirmed, the spool."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.exc import IntegrityError
from structlog import get_logger

from app.clock import now
from app.consent import composers as _composers  # noqa: F401  registers them
from app.consent import noted, seals, service, spool, throttle
from app.consent.models import Confirmation, PreferenceLink
from app.contacts.models import Contact
from app.extensions import db
from app.outbox import Rejected, handles, periodic

log = get_logger()
PAGE = 200
KEEP_LINKS = timedelta(days=30)


@handles("consent.lost")
def send_lost_link(ref: str) -> None:
    """Row 0 stands for an address we do not know: the same work, and nothing to do."""
    contact = db.session.get(Contact, int(ref))
    if contact:
        service.send_lost_link(contact)
    db.session.commit()


@periodic(minute="*")
def seal() -> None:
    """Seal what waits. Two machines at once: the second finds the number taken and leaves it."""
    sealed = False
    try:
        while seals.seal_waiting():
            db.session.commit()
            sealed = True
    except IntegrityError:
        log.info("seal_taken")
    db.session.rollback()
    if sealed:
        _note()


def _note() -> None:
    """Once it is committed. A disk that takes no more does not keep anything from being sealed."""
    try:
        last = noted.due()
        db.session.rollback()
        if last:
            noted.write(last)
    except OSError as error:
        db.session.rollback()
        log.error("seal_not_noted", error=type(error).__name__)


@periodic(minute="*/15")
def expire() -> None:
    """Forget requests that nobody confirmed within seven days, one commit each."""
    overdue = select(Confirmation.id).where(Confirmation.expires_at <= now(), Confirmation.used_at.is_(None))
    while ids := list(db.session.scalars(overdue.limit(PAGE))):
        for id_ in ids:
            row = db.session.get(Confirmation, id_)
            if row:
                service.expire(row)
            db.session.commit()


@periodic(minute="7", hour="3")
def tidy() -> None:
    """Links that can no longer be used."""
    old = now() - KEEP_LINKS
    db.session.execute(delete(PreferenceLink).where(or_(PreferenceLink.expires_at < old, PreferenceLink.used_at < old)))
    db.session.execute(delete(Confirmation).where(Confirmation.used_at < old))
    throttle.forget()
    db.session.commit()


@periodic(second="*/30")
def apply_spool() -> None:
    """Carry out withdrawals that were kept while the database was away. The file goes after the commit."""
    unread = 0
    for path in list(spool.waiting()):
        try:
            spool.apply(path)
        except FileNotFoundError:  # another worker was faster
            continue
        except (ValueError, KeyError):  # one that cannot be read must not hold up the others
            unread += 1
            continue
        db.session.commit()
        path.unlink(missing_ok=True)
    if unread:
        raise Rejected(f"Withdrawals in the spool that cannot be read: {unread}.")
