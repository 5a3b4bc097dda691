"""How fast a list comes in, and in how much memory. Usage: python bench/arrivals.py [ROWS] [DATABASE_URL]

Every fourth person has left or bounced, every tenth has no proof, every twentieth is there twice. SQLite in a
temporary folder where no URL of an empty database is given.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from flask_migrate import upgrade

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app import create_app
from app.arrivals import reading, service, upload
from app.arrivals.service import Tally
from app.arrivals.survey import survey
from app.consent import seals
from app.consent.models import Purpose
from app.extensions import db
from app.sites.models import Company, Site

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
GOAL = 1_000


def people(count: int) -> Iterator[str]:
    yield "E-post;Navn;Status;Dato;IP;Kilde\r\n"
    chance = random.Random(20261122)
    for number in range(count):
        who = chance.randrange(number) if number and chance.random() < 0.05 else number
        status = chance.choice(["subscribed"] * 3 + ["unsubscribed", "cleaned"][: 1 + (number % 5 == 0)])
        proof = "2024-03-02 12:00:00;203.0.113.9" if chance.random() < 0.9 else ";"
        yield f"person{who}@example.no;Person {who};{status};{proof};Skjema på nettsiden\r\n"


def megabytes() -> float:
    """The most memory this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def company() -> int:
    site = Site(slug="s", name="S", origin="https://s.example", company=Company(slug="c", name="C"))
    db.session.add_all([site, Purpose(slug="newsletter", names={"nb": "Nyhetsbrev"})])
    db.session.commit()
    return site.id


def timed(name: str, steps: Iterator[object], end: object) -> None:
    started, before = time.perf_counter(), megabytes()
    for _ in steps:
        end()  # type: ignore[operator]
    took = time.perf_counter() - started
    print(f"| {name} | {ROWS:,} | {ROWS / took:,.0f} | {megabytes() - before:.0f} MiB | {ROWS / took / GOAL:.1f} × |")


def sealing() -> Iterator[None]:
    while seals.seal_waiting():
        yield
    db.session.rollback()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            file.writelines(people(ROWS))
        url = {"DATABASE_URL": sys.argv[2]} if len(sys.argv) > 2 else {}
        app = create_app({"SAMTYKKE_ENV": "development", "INSTANCE_DIR": folder, **url}, TESTING=True)
        with app.app_context(), path.open("rb") as stream:
            upgrade()
            found = survey(upload.pieces(stream))
            what = {"source": "csv", "place": found.hash, "purpose": "newsletter", "actor": "cli"}
            run = service.begin(**what, site_id=company())
            db.session.commit()
            id_ = run.id
            db.session.rollback()

            def rows() -> Iterator[reading.Row]:
                return reading.csv_rows(upload.pieces(stream), found.encoding, {})

            print(f"| {db.engine.dialect.name} | rows | rows/s | memory grew by | goal {GOAL}/s |")
            print("|---|---|---|---|---|")
            timed("reading alone", iter(rows()), lambda: None)
            timed("preview", service.look(id_, rows(), Tally()), db.session.rollback)
            service.start(db.session.get_one(service.ArrivalRun, id_))
            db.session.commit()
            timed("taking in", service.advance(id_, rows(), 0), db.session.commit)
            timed("sealing", sealing(), db.session.commit)
            timed("preview when all are known", service.look(id_, rows(), Tally()), db.session.rollback)


if __name__ == "__main__":
    main()
