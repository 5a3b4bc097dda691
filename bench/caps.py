"""Bringing many people in line at the vendors' caps: time as a ratio to what the caps alone would take.

Usage: python bench/caps.py [CONTACTS] [SECONDS]

The vendors are made up, with their documented caps and an ordinary latency. Time runs so much faster at each of them
that the cap alone would take SECONDS: a day at Google becomes minutes. What we do ourselves is not scaled, so the ratio
is worse than it is in truth, and more so the fewer seconds there are. A vendor refuses whatever goes beyond its cap;
the last column must be 0.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app import create_app, outbox
from app.clock import from_ms, now, to_ms
from app.consent import ledger
from app.consent.models import ConsentEvent
from app.contacts.models import Contact
from app.crypto import uuid7
from app.extensions import db
from app.processors.base import Cap, Outcome, Processor, Profile
from app.sync import cli, limits

CONTACTS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 600.0
WORKERS, HANDS = 2, 4  # processes, and calls beside each other in one bulk job
LATENCY = 0.2  # seconds a call takes at the vendor


class Vendor(Processor):
    """One call a person, within a cap; refuses what is beyond it."""

    refused = calls = under_way = 0

    def __init__(self, name: str, cap: Cap) -> None:
        self.name = name  # type: ignore[misc]
        naturally = CONTACTS * LATENCY / cap.at_once if cap.at_once else max(1.0, CONTACTS - cap.burst) / cap.per_second
        self.scale = naturally / SECONDS
        self.cap = Cap(cap.per_second * self.scale, cap.burst, cap.at_once)
        self._lock = threading.Lock()
        self._began = 0.0

    def push(self, profile: Profile) -> Outcome:
        with self.pace.turn():
            self._arrive()
            time.sleep(LATENCY / self.scale)
            with self._lock:
                self.under_way -= 1
        return Outcome("subscribed" if profile.granted else "unsubscribed")

    def push_many(self, profiles: Iterable[Profile]) -> Iterator[tuple[Profile, Outcome]]:
        everybody = list(profiles)
        with ThreadPoolExecutor(HANDS) as pool:
            yield from zip(everybody, pool.map(self.push, everybody), strict=True)

    def _arrive(self) -> None:
        with self._lock:
            moment = time.monotonic()
            self._began = self._began or moment
            self.calls += 1
            self.under_way += 1
            assert self.cap
            # A vendor counts over a while: half a second's worth on top of the burst is not refused.
            full = self.cap.burst + self.cap.per_second * (moment - self._began + 0.5)
            crowd = self.cap.at_once and self.under_way > self.cap.at_once
            self.refused += bool(crowd or (self.cap.per_second and self.calls > full))

    def shortest(self) -> float:
        """Seconds that the cap alone would take for these calls."""
        assert self.cap
        if self.cap.at_once:
            return self.calls * LATENCY / self.scale / self.cap.at_once
        return max(0.0, self.calls - self.cap.burst) / self.cap.per_second


VENDORS = {
    "mailchimp": Cap(at_once=10),
    "google_contacts": Cap(1.5, 30.0),
    "google_groups": Cap(20.0, 100.0),
}


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


def work(app: Flask) -> None:
    with app.app_context():
        outbox.drain()


def measured(vendor: Vendor) -> float:
    """Seconds until everybody is in line."""
    with tempfile.TemporaryDirectory() as folder:
        url = {"SAMTYKKE_ENV": "development", "INSTANCE_DIR": folder, "WORKERS": "8", "OUTBOX_LEASE": "86400"}
        apps = [create_app(url, TESTING=True) for _ in range(WORKERS)]
        with apps[0].app_context():
            upgrade()
            fill(CONTACTS)
            assert vendor.cap
            vendor.share(limits.Shared(db.engine, vendor.name, vendor.cap))
            for app in apps:
                app.extensions["processors"] = {vendor.name: vendor}
            cli._enqueued(vendor.name)
            db.session.remove()
        began = time.perf_counter()
        hands = [threading.Thread(target=work, args=(app,)) for app in apps * 2]
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()
        return time.perf_counter() - began


def main() -> None:
    print(f"{CONTACTS:,} contacts, {WORKERS} workers. Each vendor runs so many times as fast as it does in truth.\n")
    print("| vendor | times as fast | calls | seconds | caps alone | ratio | refused | peak MiB |")
    print("|---|---|---|---|---|---|---|---|")
    for name, cap in VENDORS.items():
        vendor = Vendor(name, cap)
        seconds, least = measured(vendor), vendor.shortest()
        ratio = f"{seconds / least:.2f}" if least else "-"
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        took = f"{seconds:.1f} | {least:.1f} | {ratio}"
        print(f"| {name} | {vendor.scale:.1f} | {vendor.calls:,} | {took} | {vendor.refused} | {peak} |", flush=True)


if __name__ == "__main__":
    main()
