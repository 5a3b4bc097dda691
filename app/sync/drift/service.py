"""Runs of the comparison, as verbs: open, begin, note, finish, mend. Nothing here commits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from sqlalchemy import Row, Select, delete, func, insert, select

from app import audit, outbox, processors
from app.clock import now
from app.contacts.models import Contact
from app.extensions import db
from app.outbox.models import OutboxRow
from app.sync import service
from app.sync.drift.people import There, masked
from app.sync.models import DriftFinding, DriftRun, DriftStranger

WITHOUT_A_LIST = {"gmail", "stripe", "wordpress"}  # they hold people, and none of them as a subscriber
FEW, SHARE = 20, 100  # more than 20 people, or than one in a hundred of the members, need a human's yes
SHOWN = 200  # strangers whose masked address is kept
PAGE = 200  # people in one job of mending
KEEP = timedelta(days=90)
OPEN = ("waiting", "running")
KINDS = ("surplus", "gone", "missing")


class WrongNumber(ValueError):
    """The yes names another number of people than the run found."""


def keeps_a_list(name: str) -> bool:
    """Is there a list at this processor that can be compared?"""
    return name not in WITHOUT_A_LIST


def comparable() -> list[str]:
    """Processors that are on and keep a list."""
    return [name for name in processors.active() if keeps_a_list(name)]


def latest(name: str) -> DriftRun | None:
    """The newest run of a processor, however far it has come."""
    runs = select(DriftRun).where(DriftRun.processor == name)
    return db.session.scalar(runs.order_by(DriftRun.id.desc()).limit(1))


def finished() -> Sequence[DriftRun]:
    """The newest run of every processor that came to an end."""
    newest = select(func.max(DriftRun.id)).where(DriftRun.finished_at.is_not(None)).group_by(DriftRun.processor)
    return db.session.scalars(select(DriftRun).where(DriftRun.id.in_(newest)).order_by(DriftRun.processor)).all()


def ask(name: str, actor: str, mend: bool) -> DriftRun:
    """A run that the worker does, or the one that it has not done yet."""
    run = latest(name)
    if run is None or run.state not in OPEN or not _promised(run):
        run = open_run(name, actor, mend)
        outbox.enqueue("sync.drift", run.id, lane=f"{name}:drift:{run.id}")
    return run


def _promised(run: DriftRun) -> bool:
    """Will the worker come to it?"""
    row = OutboxRow
    work = select(row.id).where(row.kind == "sync.drift", row.lane == f"{run.processor}:drift:{run.id}")
    return db.session.scalar(work.where(row.done_at.is_(None), row.failed_at.is_(None)).limit(1)) is not None


def open_run(name: str, actor: str, mend: bool) -> DriftRun:
    run = DriftRun(processor=name, actor=actor, mend=mend)
    db.session.add(run)
    db.session.flush()
    return run


def begin(run_id: int) -> DriftRun | None:
    """Start a run from its beginning, whatever a worker that died had found. None where it has ended already."""
    run = db.session.get(DriftRun, run_id, with_for_update=True)
    if run is None or run.state not in OPEN:
        return None
    for part in (DriftFinding, DriftStranger):
        db.session.execute(delete(part).where(part.run_id == run_id))
    run.state, run.started_at, run.error = "running", now(), ""
    return run


def note(run_id: int, found: Sequence[tuple[int, str]]) -> None:
    """Write down a page of people."""
    if found:
        rows = [{"run_id": run_id, "contact_id": contact_id, "kind": kind} for contact_id, kind in found]
        db.session.execute(insert(DriftFinding), rows)


def note_strangers(run_id: int, strangers: Iterable[tuple[str, bool]]) -> None:
    rows = [{"run_id": run_id, "masked": masked(address), "barred": barred} for address, barred in strangers]
    if rows:
        db.session.execute(insert(DriftStranger), rows)


def finish(run_id: int, there: There) -> DriftRun:
    """Write down the numbers. Mend at once where that was asked for and no human's yes is needed."""
    run = db.session.get_one(DriftRun, run_id, populate_existing=True)
    run.members, run.strangers, run.barred = there.members, there.strangers, there.barred
    for kind, count in _counted(run_id).items():
        setattr(run, kind, count)
    run.state, run.finished_at = "done", now()
    audit.record(run.actor, "compared_list", object=f"drift:{run.id}", note=said(run))
    if run.mend:
        _mend(run, run.actor, agreed=None)
    return run


def _counted(run_id: int) -> dict[str, int]:
    found = DriftFinding.run_id == run_id
    rows = select(DriftFinding.kind, func.count().label("people")).where(found).group_by(DriftFinding.kind)
    return dict.fromkeys(KINDS, 0) | {row.kind: row.people for row in db.session.execute(rows)}


def said(run: DriftRun) -> str:
    """The numbers in one line, for the record."""
    return (
        f"{run.processor}: {run.members} subscribed, {run.surplus} without consent, {run.gone} gone, "
        f"{run.missing} missing, {run.strangers} strangers"
    )


def wait(run_id: int, error: str) -> None:
    """The processor did not answer: the run begins anew later."""
    run = db.session.get_one(DriftRun, run_id)
    run.state, run.error = "waiting", error[:300]


def fail(run_id: int, error: str) -> None:
    """The processor refuses to show its list."""
    run = db.session.get_one(DriftRun, run_id)
    run.state, run.error, run.finished_at = "failed", error[:300], now()


# Mending


def allowed(run: DriftRun) -> int:
    """How many may be taken off, or told again at the risk of that, without a human's yes."""
    return bound(run.members)


def bound(members: int) -> int:
    """The same, by the length of a list."""
    return max(FEW, members // SHARE)


def grave(run: DriftRun) -> int:
    """How many mending may take off: those without consent, and those who are gone, who may have left there."""
    return run.surplus + run.gone


def mend(run_id: int, actor: str, agreed: int | None = None) -> DriftRun:
    """Mend what a run found. `agreed` is the number of people to which somebody has said yes.

    Raises `WrongNumber` where that is not the number the run found, LookupError where there is no such finished run.
    """
    run = db.session.get(DriftRun, run_id, with_for_update=True)
    if run is None or run.state not in ("done", "asking") or run.mended:
        raise LookupError(run_id)
    if agreed is not None and agreed != grave(run):
        raise WrongNumber(grave(run))
    _mend(run, actor, agreed)
    return run


def _mend(run: DriftRun, actor: str, agreed: int | None) -> None:
    """Whoever is missing is added in any case."""
    all_of_them = grave(run) <= allowed(run) or agreed == grave(run)
    kinds = KINDS if all_of_them else ("missing",)
    run.state = "done" if all_of_them else "asking"
    count = 0
    for ids in _pages(run.id, kinds):
        ref = f"{run.id}:{'all' if all_of_them else 'missing'}:{ids[0]}-{ids[-1]}"
        outbox.enqueue("sync.mend", ref, lane=f"{run.processor}:mend:{ref}")
        count += len(ids)
    run.mended = count if all_of_them else 0
    if count:
        audit.record(actor, "mended_list", object=f"drift:{run.id}", note=f"{run.processor}: {count}")


def _pages(run_id: int, kinds: Sequence[str]) -> Iterator[list[int]]:
    after = 0
    while ids := list(db.session.scalars(_findings(run_id, kinds).where(DriftFinding.contact_id > after).limit(PAGE))):
        after = ids[-1]
        yield ids


def _findings(run_id: int, kinds: Sequence[str]) -> Select[int]:
    found = DriftFinding.run_id == run_id, DriftFinding.kind.in_(kinds)
    return select(DriftFinding.contact_id).where(*found).order_by(DriftFinding.contact_id)


def page(run: DriftRun, word: str, first: int, last: int) -> list[int]:
    """Contact ids of a page of findings, in both meanings of `word`: `all`, or `missing` alone.

    Whoever is on the list without our doing is known to be known there: only then is a departure told.
    """
    kinds = KINDS if word == "all" else ("missing",)
    here = DriftFinding.contact_id.between(first, last)
    ids = list(db.session.scalars(_findings(run.id, kinds).where(here)))
    for contact_id in db.session.scalars(_findings(run.id, ("surplus",)).where(here)).all() if word == "all" else ():
        service.acquaint(contact_id, run.processor)
    return ids


def tidy() -> None:
    """Forget old runs and whom they named."""
    db.session.execute(delete(DriftRun).where(DriftRun.created_at < now() - KEEP))


def named(run_id: int, kinds: Sequence[str], after: int = 0, limit: int = SHOWN) -> Sequence[Row[int, str, str]]:
    """People a run found, a page by their ids: id, address, kind."""
    found = DriftFinding.run_id == run_id, DriftFinding.kind.in_(kinds), DriftFinding.contact_id > after
    rows = select(Contact.id, Contact.address, DriftFinding.kind).join(
        DriftFinding, DriftFinding.contact_id == Contact.id
    )
    return db.session.execute(rows.where(*found).order_by(Contact.id).limit(limit)).all()


def strangers(run_id: int) -> Sequence[DriftStranger]:
    """The first few of those nobody here knows."""
    rows = select(DriftStranger).where(DriftStranger.run_id == run_id)
    return db.session.scalars(rows.order_by(DriftStranger.id)).all()
