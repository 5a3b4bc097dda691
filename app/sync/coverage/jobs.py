"""Reading what a processor's plugins cover, daily and after every test of the connection."""

from __future__ import annotations

from app import outbox, processors
from app.extensions import db
from app.sync.coverage import service
from app.sync.coverage.service import Covered
from app.sync.jobs import speaking


@outbox.handles("sync.coverage")
def read(ref: str) -> None:
    """Ask one processor, and keep what it says."""
    processor = processors.active().get(ref)
    if not isinstance(processor, Covered):
        return
    with speaking(ref):
        found = processor.coverage()
    service.note(ref, found)
    db.session.commit()


@outbox.periodic(hour="4", minute="25")
def read_coverage() -> None:
    """Every processor that has plugins, each in its own time."""
    for name in service.covered():
        service.read_soon(name)
    db.session.commit()
