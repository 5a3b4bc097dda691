"""Our service and its processors, people who ask about their data, and staff who approve."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import time_machine
from sqlalchemy import select

from app import outbox
from app.clock import now
from app.extensions import db
from app.outbox.models import OutboxRow
from app.privacy import by_hand, jobs, opening, planning
from app.privacy.models import PrivacyRequest, PrivacyTask
from app.sites.models import Site
from tests.sync import world as sync


class World(sync.World):
    """Verbs for what people and staff do about a request, and questions about how it stands."""

    def opens(self, kind: str, address: str, **more: Any) -> int:
        """Staff open it for somebody who telephoned. Returns its number."""
        with self.app.app_context():
            site = db.session.get_one(Site, self.site_id)
            known = {"lang": "nb", "origin": "staff", "actor": "staff:1", "identified_by": "by telephone", **more}
            request = opening.open_identified(kind, address, site=site, **known)
            db.session.commit()
            return request.id

    def approves(self, number: int, seen: str = "") -> None:
        with self.app.app_context():
            planning.approve(db.session.get_one(PrivacyRequest, number), "staff:1", seen)
            db.session.commit()

    def erases(self, address: str, **more: Any) -> int:
        """The whole way, as far as it goes by itself."""
        number = self.opens("erasure", address, **more)
        self.work()
        self.approves(number)
        self.work()
        return number

    def tries_again(self, number: int, holder: str, act: str) -> None:
        with self.app.app_context():
            by_hand.again(self._task(number, holder, act), "staff:1")
            db.session.commit()

    def confirms(self, number: int, holder: str, act: str = "erase", proof: str = "Deleted it there.") -> None:
        with self.app.app_context():
            by_hand.confirm_manual(self._task(number, holder, act), proof, "staff:1")
            db.session.commit()

    def looks(self) -> None:
        """The clock strikes: what has come due is taken up."""
        with self.app.app_context():
            jobs.look()
        with self.app.app_context():
            jobs.release()
        self.work()

    @contextmanager
    def later(self, **delta: float) -> Iterator[None]:
        with time_machine.travel(now() + timedelta(**delta), tick=True):
            yield

    # What is true

    def state(self, number: int) -> str:  # type: ignore[override]
        return self.request(number).state

    def request(self, number: int) -> PrivacyRequest:
        with self.app.app_context():
            row = db.session.get_one(PrivacyRequest, number)
            assert row.tasks is not None
            db.session.expunge_all()
            return row

    def task(self, number: int, holder: str, act: str = "erase") -> PrivacyTask:
        with self.app.app_context():
            row = self._task(number, holder, act)
            db.session.expunge(row)
            return row

    def tasks(self, number: int) -> dict[str, str]:
        """`holder act` to state."""
        return {f"{task.holder} {task.act}": task.state for task in self.request(number).tasks}

    def _task(self, number: int, holder: str, act: str) -> PrivacyTask:
        mine = select(PrivacyTask).where(PrivacyTask.request_id == number)
        return db.session.scalars(mine.where(PrivacyTask.holder == holder, PrivacyTask.act == act)).one()

    def waiting(self) -> list[str]:
        """Work that is not done."""
        with self.app.app_context():
            rows = select(OutboxRow).where(OutboxRow.done_at.is_(None))
            return [f"{row.kind} {row.lane} {row.error}" for row in db.session.scalars(rows)]

    def drain(self) -> int:
        with self.app.app_context():
            return outbox.drain()
