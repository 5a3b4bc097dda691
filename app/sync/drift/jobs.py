"""What the worker does: stream the list, compare it with the ledger page by page, mend what may be mended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from app import outbox, processors
from app.clock import now
from app.consent import texts
from app.extensions import db
from app.processors.base import Processor, Rejected, Retry
from app.sync.drift import ledger, service
from app.sync.drift.people import There, batches
from app.sync.jobs import speaking, tell
from app.sync.models import DriftRun


@outbox.handles("sync.drift")
def drift(ref: str) -> None:
    """One comparison. A worker that dies in the middle leaves a run that begins anew; nothing is mended twice."""
    compare(int(ref))


def compare(run_id: int) -> None:
    """Raises `Retry` and `Rejected` as the processor does."""
    run = service.begin(run_id)
    name, since = (run.processor, now()) if run else ("", now())
    db.session.commit()
    if run is None:
        return
    processor = processors.active().get(name)
    if processor is None:
        service.fail(run_id, "It is not turned on here.")
        db.session.commit()
        return
    with _noted(run_id):
        there = _read(processor, run_id)
    for found in ledger.differences(name, there, since):
        service.note(run_id, found)
        db.session.commit()
    service.finish(run_id, there)
    db.session.commit()


@contextmanager
def _noted(run_id: int) -> Iterator[None]:
    """What ends the reading is written down with the run."""
    try:
        yield
    except Retry as trouble:
        service.wait(run_id, str(trouble))
        db.session.commit()
        raise
    except Rejected as refusal:
        service.fail(run_id, str(refusal))
        db.session.commit()
        raise


def _read(processor: Processor, run_id: int) -> There:
    """No transaction is open while the next page is fetched."""
    there, room = _empty(processor), service.SHOWN
    with speaking(processor.name):
        for batch in batches(processor.members()):
            strangers = there.take(batch)[:room]
            service.note_strangers(run_id, strangers)
            room -= len(strangers)
            db.session.commit()
    db.session.commit()
    return there


def _empty(processor: Processor) -> There:
    """With nobody on it yet: a list for each of our purposes that the processor tells apart."""
    purposes = [purpose.slug for purpose in texts.purposes()]
    db.session.commit()
    return There.empty(processor.lists(purposes))


@outbox.handles("sync.mend")
def mend(ref: str) -> None:
    """Tell the processor again of a page of people that a run found. `ref` is `<run>:<kinds>:<first>-<last>`."""
    run_id, word, page = ref.split(":")
    first, _, last = page.partition("-")
    run = db.session.get(DriftRun, int(run_id))
    if run is None or run.processor not in processors.active():
        return
    name, ids = run.processor, service.page(run, word, int(first), int(last))
    db.session.commit()
    tell(name, ids)


@outbox.periodic(hour="2", minute="30")
def nightly() -> None:
    """Every list is compared, and mended within bounds."""
    for name in service.comparable():
        service.ask(name, "system", mend=True)
    service.tidy()
    db.session.commit()
