"""What we noted of her at the processors: how each was told, and what comparisons of lists found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import delete, select

from app.clock import iso
from app.extensions import db
from app.labels import state_label
from app.privacy.own.who import Who
from app.processors.base import Held
from app.sync.drift.people import masked
from app.sync.models import DriftFinding, DriftStranger, ProcessorState


def find(who: Who) -> Iterator[Held]:
    states = select(ProcessorState.processor).where(ProcessorState.contact_id == who.contact_id)
    yield from (Held("processor_state", f"{who.contact_id}:{name}") for name in db.session.scalars(states))
    findings = select(DriftFinding.run_id).where(DriftFinding.contact_id == who.contact_id)
    yield from (Held("drift_finding", f"{run}:{who.contact_id}") for run in db.session.scalars(findings))
    strangers = select(DriftStranger.id).where(DriftStranger.masked == masked(who.address))
    yield from (Held("drift_stranger", str(id_)) for id_ in db.session.scalars(strangers))


def export(who: Who, lang: str) -> dict[str, Any]:
    """`recipients`: who was told of her, and how that stands."""
    mine = select(ProcessorState).where(ProcessorState.contact_id == who.contact_id).order_by(ProcessorState.processor)
    return {
        "recipients": [
            {
                "processor": row.processor,
                "state": state_label(row.state),
                "since": iso(row.since),
                "told_since": iso(row.met_at) if row.met_at else None,
            }
            for row in db.session.scalars(mine)
        ]
    }


def erase(who: Who) -> None:
    """The first letter and the host of an address may be enough to know her by, so that row goes too."""
    db.session.execute(delete(DriftStranger).where(DriftStranger.masked == masked(who.address)))
    for model in (DriftFinding, ProcessorState):
        db.session.execute(delete(model).where(model.contact_id == who.contact_id))
