"""What the worker does: look through an uploaded list, take it in, make newcomers findable, let old lists go."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import select

from app import contacts, processors, search
from app.arrivals import reading, service, upload
from app.arrivals.columns import Unusable
from app.arrivals.models import ArrivalRun
from app.arrivals.rows import Row
from app.arrivals.service import Overtaken, Tally
from app.contacts.models import Contact
from app.crypto import InvalidToken
from app.extensions import db
from app.outbox import handles, periodic
from app.processors.base import Rejected
from app.processors.mailchimp.processor import Mailchimp
from app.sync.jobs import heard

ASKS = ("no_address_column", "unknown_column")  # staff can say which column it is


@handles("arrivals.preview")
def preview(ref: str) -> None:
    """Count what would become of everybody."""
    run = db.session.get(ArrivalRun, int(ref))
    if run and run.state == "previewing":
        _carefully(run.id, _preview)
    db.session.commit()


@handles("arrivals.take")
def take(ref: str) -> None:
    """Take them in. Whoever did it before and died has left the position to go on from."""
    run = db.session.get(ArrivalRun, int(ref))
    if run and run.state == "running":
        _carefully(run.id, _take)
    db.session.commit()


def _carefully(run_id: int, act: Callable[[int], None]) -> None:
    """What no second try can mend ends the import, with a word for staff."""
    try:
        act(run_id)
        return
    except Unusable as error:
        word = error.code
        if word in ASKS:
            db.session.rollback()
            service.unsure(db.session.get_one(ArrivalRun, run_id))
            db.session.commit()
            return
    except InvalidToken:
        word = "lost_key"
    except Rejected:
        word = "refused_there"
    except Overtaken:
        db.session.rollback()
        return
    db.session.rollback()
    service.fail(db.session.get_one(ArrivalRun, run_id), word)
    db.session.commit()


def _preview(run_id: int) -> None:
    tally = Tally()
    for _ in service.look(run_id, rows(run_id), tally):
        db.session.rollback()
    service.previewed(run_id, tally)
    db.session.commit()


def _take(run_id: int) -> None:
    position = service.start(db.session.get_one(ArrivalRun, run_id))
    db.session.commit()
    for _ in service.advance(run_id, rows(run_id), position):
        db.session.commit()
    service.settle(db.session.get_one(ArrivalRun, run_id))
    db.session.commit()


def rows(run_id: int) -> Iterator[Row]:
    """The rows of an uploaded list, or of the audience. No transaction is open afterwards."""
    run = db.session.get_one(ArrivalRun, run_id)
    source, encoding, told = run.source, run.encoding, run.columns
    db.session.rollback()
    if source == "csv":
        return reading.csv_rows(upload.read(run_id), encoding, told)
    return heard(source, reading.mailchimp_rows(connected()))


def connected() -> Mailchimp:
    """The audience that is turned on. Raises `Rejected` where there is none."""
    mailchimp = processors.active().get("mailchimp")
    if not isinstance(mailchimp, Mailchimp):
        raise Rejected("Mailchimp is not turned on here.")
    return mailchimp


@handles("arrivals.index")
def index(ref: str) -> None:
    """Make a page of contacts findable. `ref` is `<first>-<last>`."""
    first, last = map(int, ref.split("-"))
    page = select(Contact).where(Contact.id.between(first, last)).order_by(Contact.id)
    for contact in db.session.scalars(page.with_for_update()):  # nobody is forgotten between the look and the note
        search.index_contact(contact.id, contacts.findable(contact))
    db.session.commit()


@periodic(minute="23")
def tidy() -> None:
    """Hourly."""
    service.tidy()
    db.session.commit()
