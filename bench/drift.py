"""Comparing a long list with the ledger: seconds and memory at two lengths. Usage: python bench/drift.py [MEMBERS]

The list is made up on the spot, so that what is measured is ours. One in a thousand is there without consent, one in a
thousand is missing, one in a hundred is a stranger.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from flask_migrate import upgrade

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app import create_app
from app.clock import from_ms, now, to_ms
from app.consent import ledger
from app.consent.models import ConsentEvent
from app.contacts.models import Contact
from app.crypto import uuid7
from app.extensions import db
from app.processors.base import ANY, Member, Processor
from app.sync.drift import jobs, service
from app.sync.models import DriftRun

MEMBERS = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
TAGS = frozenset({ANY, "newsletter", "vip"})


class List(Processor):
    """A list of so many, in no order that helps, with a tag for each purpose."""

    name = "sandbox"

    def __init__(self, count: int) -> None:
        self.count = count

    def lists(self, purposes: Iterable[str]) -> frozenset[str]:
        return frozenset({ANY, "newsletter", "offers"})

    def members(self) -> Iterator[Member]:
        for number in range(self.count):
            if number % 1000 != 1:
                yield Member(address(number), True, TAGS)
            if number % 100 == 2:
                yield Member(f"stranger{number}@example.no", True, TAGS)


def address(number: int) -> str:
    return f"person{number}@example.no"


def fill(count: int) -> None:
    """People and their consents, without what stands around them: the comparison reads no more of them."""
    for start in range(0, count, 5000):
        numbers = range(start, min(start + 5000, count))
        people = [{"address": address(n), "display": "", "lang": "nb", "subject": f"s{n}"} for n in numbers]
        db.session.execute(Contact.__table__.insert(), people)
        db.session.execute(ConsentEvent.__table__.insert(), [event(n) for n in numbers if n % 1000])
        db.session.commit()


def event(number: int) -> dict[str, object]:
    row: dict[str, object] = {**dict.fromkeys(ledger.FIELDS, ""), "text_version": 1, "mac": ""}
    row |= {"id": uuid7(), "subject": f"s{number}", "purpose": "newsletter", "type": "imported", "kid": "k"}
    return row | {"at": from_ms(to_ms(now()) - 1000), "actor": "import", "method": "import"}


def measured(count: int) -> tuple[float, int, DriftRun]:
    """Seconds, MiB at the peak, and what was found."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app({"SAMTYKKE_ENV": "development", "INSTANCE_DIR": folder}, TESTING=True)
        with app.app_context():
            upgrade()
            fill(count)
            time.sleep(1.1)
            app.extensions["processors"] = {"sandbox": List(count)}
            run = service.open_run("sandbox", "cli", mend=False)
            db.session.commit()
            number = run.id
            began = time.perf_counter()
            jobs.compare(number)
            seconds = time.perf_counter() - began
            return (
                seconds,
                resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                db.session.get_one(DriftRun, number),
            )


def main() -> None:
    print("| members | seconds | members a second | peak MiB | without consent | missing | strangers |")
    print("|---|---|---|---|---|---|---|")
    for count in (MEMBERS // 10, MEMBERS):
        seconds, memory, run = measured(count)
        numbers = f"{run.surplus} | {run.missing} | {run.strangers}"
        print(f"| {count:,} | {seconds:.1f} | {count / seconds:,.0f} | {memory} | {numbers} |", flush=True)


if __name__ == "__main__":
    main()
