"""Imports, as verbs: receive, look, go, advance, settle, discard, tidy. Nothing here commits."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import IO, Any

from sqlalchemy import select, update

from app import outbox, processors
from app.arrivals import taking, upload
from app.arrivals.models import ArrivalRun
from app.arrivals.rows import UNSUBSCRIBED, Row
from app.arrivals.seen import Seen
from app.arrivals.survey import survey
from app.arrivals.taking import Taken
from app.arrivals.verdict import counted
from app.clock import now
from app.crypto import keyring
from app.extensions import db

BATCH = 500  # rows in one transaction
MOST_EXAMPLES = 200
LASTS = timedelta(days=1)
OPEN = ("previewing", "asking", "ready", "running")


class Overtaken(Exception):
    """Somebody else is at this import. Nothing is lost: they go on."""


@dataclass
class Tally:
    """What a preview has found so far. `examples` are doubtful rows: number, reason, and what stood there."""

    total: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    examples: list[tuple[int, str, str]] = field(default_factory=list)

    def add(self, taken: Sequence[Taken]) -> None:
        self.total += len(taken)
        self.counts = tallied(self.counts, taken)
        doubtful = ((t.row.number, t.verdict.reason, t.row.display) for t in taken if t.verdict.kind == "doubtful")
        self.examples += islice(doubtful, MOST_EXAMPLES - len(self.examples))


def tallied(counts: Mapping[str, int], taken: Sequence[Taken]) -> dict[str, int]:
    sums = dict(counts)
    for t in taken:
        sums = counted(sums, t.verdict)
    return sums


def begin(**what: Any) -> ArrivalRun:
    """A new import. The keywords are columns of `ArrivalRun`."""
    run = ArrivalRun(**what)
    db.session.add(run)
    db.session.flush()
    return run


def receive(stream: IO[bytes], **what: Any) -> ArrivalRun:
    """Keep an uploaded list, encrypted, and have it looked through."""
    found = survey(upload.pieces(stream))
    run = begin(source="csv", place=found.hash, encoding=found.encoding, **what)
    upload.keep(run.id, upload.pieces(stream))
    outbox.enqueue("arrivals.preview", run.id, lane=_lane(run, "preview"))
    return run


def receive_audience(place: str, **what: Any) -> ArrivalRun:
    """Have the audience that is connected looked through."""
    run = begin(source="mailchimp", place=place, **what)
    outbox.enqueue("arrivals.preview", run.id, lane=_lane(run, "preview"))
    return run


def _lane(run: ArrivalRun, act: str) -> str:
    """A file needs nobody; an audience is read at its processor, and waits with everything else of it."""
    return f"{run.source if run.source in processors.REGISTRY else 'arrivals'}:{act}:{run.id}"


def interrupted(**what: Any) -> ArrivalRun | None:
    """An import of the same list with the same options that was begun and has not ended."""
    same = select(ArrivalRun).where(*(getattr(ArrivalRun, name) == value for name, value in what.items()))
    return db.session.scalar(same.where(ArrivalRun.state == "running").order_by(ArrivalRun.id.desc()).limit(1))


def look(run_id: int, rows: Iterable[Row], tally: Tally) -> Iterator[None]:
    """Add up what would become of the list, a batch at a time. Writes nothing: roll back after every step."""
    seen = Seen()
    for batch in _batches(rows):
        db.session.connection(execution_options={"read_only": True})
        run = db.session.get_one(ArrivalRun, run_id)
        taken = taking.judged(run, batch, seen.among(row.address for row in batch), hold=False)
        tally.add(taken)
        seen.add((t.row.address, _word(t)) for t in taken)
        yield


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    source = iter(rows)
    while batch := list(islice(source, BATCH)):
        yield batch


def _word(taken: Taken) -> str:
    if taken.verdict.kind == "leaving":
        return "withdrawn" if taken.row.status == UNSUBSCRIBED else "gone"
    return "confirmed" if taken.verdict.kind == "new" else ""


def previewed(run_id: int, tally: Tally) -> None:
    """Note what a preview found."""
    run = db.session.get_one(ArrivalRun, run_id)
    run.preview, run.total, run.state, run.touched_at = dict(tally.counts), tally.total, "ready", now()
    run.examples = keyring().box(upload.KEY).encrypt(json.dumps(tally.examples).encode())


def examples(run: ArrivalRun) -> list[tuple[int, str, str]]:
    """Doubtful rows for staff to look at: number, reason, what stood there."""
    if not run.examples:
        return []
    return [(number, why, shown) for number, why, shown in json.loads(keyring().box(upload.KEY).decrypt(run.examples))]


def start(run: ArrivalRun) -> int:
    """From now on it is under way. Returns the position to go on from.

    A file is gone through from where it was left. An audience changes while it is read, so it is read from the
    beginning: whoever is in already is known.
    """
    if run.source != "csv":
        run.position, run.counts = 0, {}
    run.state, run.touched_at = "running", now()
    return run.position


def go(run: ArrivalRun) -> bool:
    """Staff have seen the preview and say yes: the worker takes the list in. False where there is nothing to begin."""
    if run.state != "ready":
        return False
    start(run)
    outbox.enqueue("arrivals.take", run.id, lane=_lane(run, "take"))
    return True


def advance(run_id: int, rows: Iterable[Row], position: int) -> Iterator[int]:
    """Take the list in, from a position on. Every step is a batch, to be committed; its value is the new position.

    Raises `Overtaken` where the import has moved on without us, or has been ended.
    """
    source, seen = iter(rows), Seen()
    for batch in _batches(islice(source, position)):
        seen.add((row.address, "") for row in batch)
    for batch in _batches(source):
        before = seen.among(row.address for row in batch)
        taken = _step(run_id, batch, before, position)
        seen.add((t.row.address, _word(t)) for t in taken)
        position += len(batch)
        yield position


def _step(run_id: int, batch: Sequence[Row], before: Mapping[str, str], position: int) -> list[Taken]:
    run = db.session.get_one(ArrivalRun, run_id, with_for_update=True, populate_existing=True)
    if run.position != position or run.state != "running":
        raise Overtaken
    taken = taking.take(run, batch, before)
    run.counts, run.position, run.touched_at = tallied(run.counts, taken), position + len(batch), now()
    return taken


def unsure(run: ArrivalRun) -> None:
    """Nobody can say which column holds the addresses: staff are asked, and the list is kept until they answer."""
    run.state, run.touched_at = "asking", now()


def arrange(run: ArrivalRun, told: Mapping[str, str]) -> bool:
    """Staff say which column is which: the list is looked through again. False where it is too late for that."""
    if run.source != "csv" or run.state not in ("asking", "ready"):
        return False
    run.columns, run.state, run.touched_at = dict(told), "previewing", now()
    outbox.enqueue("arrivals.preview", run.id, lane=_lane(run, "preview"))
    return True


def settle(run: ArrivalRun) -> None:
    """It has come to its end, and the list is let go."""
    run.state, run.total, run.touched_at = "done", run.position, now()
    upload.remove(run.id)


def fail(run: ArrivalRun, problem: str) -> None:
    """It cannot be done; the list is let go. `problem` is a word."""
    run.state, run.problem, run.touched_at = "failed", problem[:40], now()
    upload.remove(run.id)


def discard(run: ArrivalRun) -> None:
    """Staff do not want it. What is in already stays."""
    run.state, run.examples, run.touched_at = "discarded", b"", now()
    upload.remove(run.id)


def tidy() -> None:
    """Let go of lists and examples that nobody has touched for a day."""
    old = now() - LASTS
    lists = select(ArrivalRun).where(ArrivalRun.touched_at < old, ArrivalRun.state.in_(OPEN))
    for run in db.session.scalars(lists):
        discard(run)
    spent = update(ArrivalRun).where(ArrivalRun.touched_at < old, ArrivalRun.examples != b"")
    db.session.execute(spent.values(examples=b"").execution_options(synchronize_session=False))
