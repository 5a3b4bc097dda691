"""Bringing many people in line at the vendors' caps: time as a ratio to what the caps alone would take.

Usage: python bench/caps.py [CONTACTS] [SECONDS|true] [VENDOR ...]

From `flask sync all` until everybody is in line by our own records: two worker processes with their usual hands, the
outbox, the ledger, and limits shared through the database. The vendors are made up: one call a person that takes 0.2 s,
within the documented cap. What goes beyond the cap is refused; that column must be 0, and everybody must be in line.

`true` is the vendors' own speed. With SECONDS a vendor's clock runs so much faster that its cap alone would take
SECONDS: calls a second are multiplied, and the time that a call takes is divided, by the same number. Nothing of ours
is scaled, so the ratio is worse than it is in truth, and more so the fewer seconds there are.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app import create_app, outbox
from app.clock import from_ms, now, to_ms
from app.consent import ledger
from app.consent.models import ConsentEvent
from app.contacts.models import Contact
from app.crypto import uuid7
from app.extensions import db
from app.outbox.models import OutboxRow
from app.outbox.worker import _beat as heart
from app.processors.base import Cap, Outcome, Processor, Profile
from app.sync import limits
from app.sync.models import ProcessorState

WORKERS = 2  # processes
LATENCY = 0.2  # seconds a call takes at the vendor
SLACK = 0.5  # a vendor counts over a while: so many seconds' worth on top of the burst is not refused
# The cap, and calls beside each other in one job, as our processors make them.
VENDORS = {
    "mailchimp": (Cap(at_once=10), 4),
    "google_contacts": (Cap(1.5, 30.0), 1),
    "google_groups": (Cap(20.0, 100.0), 4),
}
CALLS, BUSY, BEGAN, REFUSED, PEAK, ENDED = range(6)  # what all processes count together


def alone(cap: Cap, calls: float) -> float:
    """Seconds that a cap alone would take for so many calls."""
    return calls * LATENCY / cap.at_once if cap.at_once else max(1.0, calls - cap.burst) / cap.per_second


class Vendor(Processor):
    """One call a person, within a cap; refuses what is beyond it."""

    def __init__(self, name: str, scale: float, counted: Any) -> None:
        cap, self._hands = VENDORS[name]
        self.name = name  # type: ignore[misc]
        self.cap = Cap(cap.per_second * scale, cap.burst, cap.at_once)
        self._takes, self._counted = LATENCY / scale, counted

    def push(self, profile: Profile) -> Outcome:
        with self.pace.turn():
            self._arrive()
            time.sleep(self._takes)
            with self._counted.get_lock():
                self._counted[BUSY] -= 1
        return Outcome("subscribed" if profile.granted else "unsubscribed")

    def push_many(self, profiles: Iterable[Profile]) -> Iterator[tuple[Profile, Outcome]]:
        everybody = list(profiles)
        with ThreadPoolExecutor(self._hands) as pool:
            yield from zip(everybody, pool.map(self.push, everybody), strict=True)

    def _arrive(self) -> None:
        assert self.cap
        with self._counted.get_lock():
            count, moment = self._counted, time.monotonic()
            count[BEGAN] = count[BEGAN] or moment
            count[CALLS] += 1
            count[BUSY] += 1
            full = self.cap.burst + self.cap.per_second * (moment - count[BEGAN] + SLACK)
            crowd = self.cap.at_once and count[BUSY] > self.cap.at_once
            count[REFUSED] += bool(crowd or (self.cap.per_second and count[CALLS] > full))


def made(folder: str, vendor: Vendor) -> Flask:
    app = create_app({"SAMTYKKE_ENV": "development", "INSTANCE_DIR": folder}, TESTING=True)
    with app.app_context():
        assert vendor.cap
        vendor.share(limits.Shared(db.engine, vendor.name, vendor.cap))
    app.extensions["processors"] = {vendor.name: vendor}
    return app


def fill(count: int) -> None:
    for start in range(0, count, 5000):
        numbers = range(start, min(start + 5000, count))
        people = [{"address": f"p{n}@example.no", "display": "", "lang": "nb", "subject": f"s{n}"} for n in numbers]
        db.session.execute(Contact.__table__.insert(), people)
        db.session.execute(ConsentEvent.__table__.insert(), [event(n) for n in numbers])
        db.session.commit()


def event(number: int) -> dict[str, object]:
    row: dict[str, object] = {**dict.fromkeys(ledger.FIELDS, ""), "text_version": 1, "mac": ""}
    row |= {"id": uuid7(), "subject": f"s{number}", "purpose": "newsletter", "type": "imported", "kid": "k"}
    return row | {"at": from_ms(to_ms(now()) - 1000), "actor": "import", "method": "import"}


def worker(folder: str, name: str, scale: float, counted: Any, gate: Any) -> None:
    app = made(folder, Vendor(name, scale, counted))
    gate.wait()  # ready
    gate.wait()  # everybody is asked for
    hands = [threading.Thread(target=work, args=(app,)) for _ in range(app.config["WORKERS"])]
    threading.Thread(target=heart, args=(app, threading.Event()), daemon=True).start()
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    with counted.get_lock():
        counted[ENDED] = max(counted[ENDED], time.monotonic())
        counted[PEAK] = max(counted[PEAK], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def work(app: Flask) -> None:
    """Until nothing is open any more, whenever it is due."""
    still = select(OutboxRow.id).where(OutboxRow.done_at.is_(None), OutboxRow.failed_at.is_(None)).limit(1)
    while True:
        try:
            with app.app_context():
                outbox.drain()
            with app.app_context():
                if db.session.scalar(still) is None:
                    return
        except OperationalError as error:  # as with a worker's hand: what it held is taken up again after its lease
            print(f"a hand was stopped: {error.orig}", file=sys.stderr)
        time.sleep(0.2)


def measured(name: str, contacts: int, scale: float) -> tuple[float, int, Any]:
    """Seconds until everybody is in line, how many are, and what the vendor and the workers counted."""
    context = multiprocessing.get_context("spawn")  # a process of its own, whose memory is its own
    counted, gate = context.Array("d", 6), context.Barrier(WORKERS + 1)
    with tempfile.TemporaryDirectory() as folder:
        app = made(folder, Vendor(name, scale, counted))
        with app.app_context():
            upgrade()
            fill(contacts)
            db.engine.dispose()
        facts = folder, name, scale, counted, gate
        workers = [context.Process(target=worker, args=facts) for _ in range(WORKERS)]
        for one in workers:
            one.start()
        gate.wait()
        began = time.monotonic()
        done = app.test_cli_runner().invoke(args=["sync", "all"])
        assert done.exit_code == 0, done.output
        gate.wait()
        for one in workers:
            one.join()
        with app.app_context():
            there = select(func.count()).where(ProcessorState.processor == name, ProcessorState.state == "subscribed")
            return counted[ENDED] - began, db.session.scalar(there) or 0, counted


def main(contacts: int = 100_000, seconds: str = "600", *names: str) -> None:
    print(f"{contacts:,} contacts, {WORKERS} workers\n")
    print("| vendor | its cap | times as fast | in line | calls | seconds | cap alone | ratio | refused | peak MiB |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name in names or VENDORS:
        cap, _ = VENDORS[name]
        scale = 1.0 if seconds == "true" else alone(cap, contacts) / float(seconds)
        took, there, counted = measured(name, contacts, scale)
        least = alone(cap, contacts) / scale
        said = f"{cap.at_once} at once" if cap.at_once else f"{cap.per_second * 60:.0f} a minute"
        facts = [name, said, f"{scale:.1f}", f"{there:,}", f"{counted[CALLS]:,.0f}", f"{took:.1f}", f"{least:.1f}"]
        facts += [f"{took / least:.3f}", f"{counted[REFUSED]:.0f}", f"{counted[PEAK]:.0f}"]
        print(f"| {' | '.join(facts)} |", flush=True)


if __name__ == "__main__":
    words = sys.argv[1:]
    main(*[int(words[0])] if words else [], *words[1:])
