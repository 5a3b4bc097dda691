"""Any order of asking, taking, finishing, failing and dying: nothing is forgotten, and a lane is never shared."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from app import outbox
from app.clock import now
from app.extensions import db
from app.outbox import due, service
from app.outbox.models import OutboxRow
from app.outbox.service import Work

LEASE = timedelta(seconds=60)
LANES, KINDS = ("a", "b"), ("push", "erase")


@dataclass
class World:
    """Wishes by kind and lane, counted; and how many of them the last effect has seen."""

    moment: datetime
    wished: dict[tuple[str, str], int] = field(default_factory=dict)
    seen: dict[tuple[str, str], int] = field(default_factory=dict)
    held: dict[int, tuple[Work, datetime, int]] = field(default_factory=dict)

    def ask(self, kind: str, lane: str) -> None:
        self.wished[kind, lane] = self.wished.get((kind, lane), 0) + 1
        outbox.enqueue(kind, lane, lane=lane, run_at=self.moment)
        db.session.commit()

    def take(self, worker: int) -> None:
        """A worker looks, takes the first it can, and reads the state as it is then."""
        if worker in self.held:
            return
        found = due.due(self.moment)
        db.session.rollback()
        for row_id, _ in found:
            if work := self.claim(row_id):
                self.alone(work)
                self.held[worker] = (work, self.moment + LEASE, self.wished[work.kind, work.lane])
                return

    def claim(self, row_id: int) -> Work | None:
        try:
            work = service.claim(row_id, self.moment, LEASE)
            db.session.commit()
            return work
        except IntegrityError:
            db.session.rollback()
            return None

    def alone(self, work: Work) -> None:
        living = [other.lane for other, until, _ in self.held.values() if until >= self.moment]
        assert work.lane not in living, "two pairs of hands in one lane"

    def end(self, worker: int, how: str) -> None:
        if worker not in self.held:
            return
        work, until, saw = self.held.pop(worker)
        if how == "dies" or until < self.moment:
            return
        if how == "finishes":
            self.seen[work.kind, work.lane] = saw
            assert service.finish(work)
        else:
            assert service.put_back(work, self.moment + timedelta(seconds=10), "Busy.", work.attempts)
        db.session.commit()


steps = st.one_of(
    st.tuples(st.just("ask"), st.sampled_from(KINDS), st.sampled_from(LANES)),
    st.tuples(st.just("take"), st.integers(0, 2)),
    st.tuples(st.just("end"), st.integers(0, 2), st.sampled_from(["finishes", "finishes", "retries", "dies"])),
    st.tuples(st.just("wait"), st.sampled_from([1, 11, 61])),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, max_size=40))
def test_nothing_is_forgotten_and_no_lane_is_shared(app, steps):
    with app.app_context():
        db.session.execute(delete(OutboxRow))
        db.session.commit()
        world = World(now())
        for step, *words in steps:
            if step == "wait":
                world.moment += timedelta(seconds=words[0])
            else:
                getattr(world, step)(*words)
        for _ in range(20):  # whoever died is buried, and one worker does the rest
            world.moment += LEASE + timedelta(seconds=1)
            world.held.clear()
            world.take(9)
            world.end(9, "finishes")
        assert world.seen == world.wished
