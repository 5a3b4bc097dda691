"""Erasing many people at vendors with caps: time as a ratio to what the caps alone would take.

Usage: python bench/erasures.py [PEOPLE] [SECONDS|true]

Every vendor is made up, with its documented cap and an ordinary latency. An erasure asks each of them three times: to
find, to erase, and to read that it is so. With SECONDS time runs so much faster at all of them that the slowest cap
alone would take SECONDS: calls a second are multiplied, and the time that a call takes is divided, by the same number.
Nothing of ours is scaled, so the ratio is worse than it is in truth, and more so the fewer seconds there are. `true` is
the vendors' own speed. A vendor refuses whatever goes beyond its cap: that column must be 0, and every request must be
completed.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app import create_app, outbox
from app.clock import now
from app.extensions import db
from app.outbox.models import OutboxRow
from app.outbox.worker import _beat as heart
from app.privacy import opening
from app.privacy.models import PrivacyRequest
from app.processors.base import Cap, Held, Outcome, Processor, Profile
from app.sites.models import Company, Site
from app.sync import limits

PEOPLE = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
WORKERS, HANDS = 2, 4
LATENCY = 0.2  # seconds a call takes at the vendor
CALLS = 3  # that an erasure makes at each
CAPS = {
    "mailchimp": Cap(at_once=10),
    "google_contacts": Cap(1.5, 30.0),
    "google_groups": Cap(20.0, 100.0),
    "stripe": Cap(100.0, 100.0),
}


def naturally(cap: Cap) -> float:
    """Seconds that a cap alone would take for everybody."""
    calls = PEOPLE * CALLS
    return calls * LATENCY / cap.at_once if cap.at_once else max(1.0, calls - cap.burst) / cap.per_second


SLOWEST = max(map(naturally, CAPS.values()))
WANTED = sys.argv[2] if len(sys.argv) > 2 else "600"
SECONDS = SLOWEST if WANTED == "true" else float(WANTED)
SCALE = SLOWEST / SECONDS


class Vendor(Processor):
    """Holds everybody until she is erased; refuses what is beyond its cap. What it knows is shared by all workers."""

    def __init__(self, name: str, cap: Cap, shared: Any) -> None:
        self.name = name  # type: ignore[misc]
        self.cap = Cap(cap.per_second * SCALE, cap.burst, cap.at_once)
        self._erased, self._count, self._lock = shared

    def find(self, profile: Profile) -> list[Held]:
        self._call()
        return [] if profile.address in self._erased else [Held("member", profile.address)]

    def erase(self, profile: Profile) -> Outcome:
        self._call()
        self._erased[profile.address] = True
        return Outcome("erased")

    def _call(self) -> None:
        with self.pace.turn():
            self._arrive()
            time.sleep(LATENCY / SCALE)
            with self._lock:
                self._count["busy"] -= 1

    def _arrive(self) -> None:
        assert self.cap
        with self._lock:
            moment = time.time()
            self._count["began"] = self._count.get("began") or moment
            self._count["calls"] = self._count.get("calls", 0) + 1
            self._count["busy"] = self._count.get("busy", 0) + 1
            # A vendor counts over a while: half a second's worth on top of the burst is not refused.
            full = self.cap.burst + self.cap.per_second * (moment - self._count["began"] + 0.5)
            crowd = self.cap.at_once and self._count["busy"] > self.cap.at_once
            refused = bool(crowd or (self.cap.per_second and self._count["calls"] > full))
            self._count["refused"] = self._count.get("refused", 0) + refused


def open_requests() -> None:
    company = Company(slug="fjordlys", name="Fjordlys Interiør")
    site = Site(slug="fjordlys", name="Fjordlys", origin="http://localhost", company=company)
    db.session.add(site)
    db.session.commit()
    for number in range(PEOPLE):
        address = f"p{number}@example.no"
        known = {"lang": "nb", "origin": "replay", "actor": "cli", "identified_by": "bench"}
        opening.open_identified("erasure", address, site=site, **known)
        if number % 100 == 99:
            db.session.commit()
    db.session.commit()


def made(folder: str, shared: dict[str, Any]) -> Flask:
    environ = {"SAMTYKKE_ENV": "development", "INSTANCE_DIR": folder, "WORKERS": str(HANDS)}
    app = create_app({**environ, "PRIVACY_APPROVAL": "none"}, TESTING=True)
    vendors = {name: Vendor(name, cap, shared[name]) for name, cap in CAPS.items()}
    with app.app_context():
        for vendor in vendors.values():
            assert vendor.cap
            vendor.share(limits.Shared(db.engine, vendor.name, vendor.cap))
    app.extensions["processors"] = vendors
    return app


def worker(folder: str, shared: dict[str, Any]) -> None:
    app = made(folder, shared)
    hands = [threading.Thread(target=work, args=(app,)) for _ in range(HANDS)]
    threading.Thread(target=heart, args=(app, threading.Event()), daemon=True).start()
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()


def work(app: Flask) -> None:
    """Until nothing is waiting any more, whenever it is due."""
    while True:
        try:
            with app.app_context():
                outbox.drain()
            with app.app_context():
                if not unfinished():
                    return
        except OperationalError as error:  # as with a worker's hand: what it held is taken up again after its lease
            print(f"a hand was stopped: {error.orig}", file=sys.stderr)
        time.sleep(0.05)


def unfinished() -> int:
    over = ("completed", "completed_with_retention", "needs_human")
    rows = select(func.count()).select_from(PrivacyRequest).where(PrivacyRequest.state.not_in(over))
    return db.session.scalar(rows) or 0


def measured(folder: str, shared: dict[str, Any]) -> float:
    app = made(folder, shared)
    with app.app_context():
        upgrade()
        open_requests()
        db.engine.dispose()
    began = time.perf_counter()
    context = multiprocessing.get_context("spawn" if sys.platform == "darwin" else "fork")
    workers = [context.Process(target=worker, args=(folder, shared)) for _ in range(WORKERS)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    took = time.perf_counter() - began
    with app.app_context():
        report()
    return took


def report() -> None:
    states = select(PrivacyRequest.state, func.count()).group_by(PrivacyRequest.state)
    failed = select(func.count()).select_from(OutboxRow).where(OutboxRow.failed_at.is_not(None))
    print(f"{dict(db.session.execute(states).all())}, {db.session.scalar(failed)} jobs given up, {now():%H:%M}")


def main(names: Iterable[str] = CAPS) -> None:
    print(f"{PEOPLE:,} erasures at {len(CAPS)} vendors, {WORKERS} workers, {SCALE:.1f} times as fast")
    with multiprocessing.Manager() as manager, tempfile.TemporaryDirectory() as folder:
        shared = {name: (manager.dict(), manager.dict(), manager.RLock()) for name in names}
        took = measured(folder, shared)
        counts = {name: dict(count) for name, (_, count, _) in shared.items()}
    print("| vendor | calls | refused | its cap alone (s) |")
    print("|---|---|---|---|")
    for name, cap in CAPS.items():
        count = counts[name]
        print(f"| {name} | {count['calls']:,} | {count['refused']} | {naturally(cap) / SCALE:.1f} |")
    print(f"\n{took:.1f} s; the caps alone would take {SECONDS:.1f} s: a ratio of {took / SECONDS:.2f}")


if __name__ == "__main__":
    main()
