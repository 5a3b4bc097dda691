"""How many sealed events a second `flask ledger verify` checks on one core. Usage: python bench/ledger.py [EVENTS]"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from flask_migrate import upgrade

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app import create_app
from app.clock import from_ms, now, to_ms
from app.consent import ledger, seals
from app.consent.models import ConsentEvent, UnsealedEvent
from app.consent.verify import verify
from app.crypto import keyring, uuid7
from app.extensions import db

EVENTS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
GOAL = 20_000


def fill(count: int) -> None:
    """Events of many people, each as `ledger.append` writes it, without the person's rows around it."""
    start = to_ms(now()) - count
    kid, key = keyring().current(ledger.KEY)
    for chunk in range(0, count, 5000):
        rows = [_row(start + n, kid, key) for n in range(chunk, min(chunk + 5000, count))]
        db.session.execute(ConsentEvent.__table__.insert(), rows)
        db.session.execute(UnsealedEvent.__table__.insert(), [{"event_id": row["id"]} for row in rows])
        db.session.commit()


def _row(at: int, kid: str, key: bytes) -> dict[str, object]:
    words = dict.fromkeys(ledger.FIELDS, "")
    row = {**words, "id": uuid7(), "subject": uuid7(), "purpose": "newsletter", "type": "requested", "at": at}
    row |= {"actor": "subject", "method": "form_checkbox", "site": "fjordlys", "text_hash": "a" * 64, "text_version": 1}
    row |= {"text_lang": "nb", "form_hash": "b" * 64, "render": "verified", "evidence_hash": "c" * 64, "kid": kid}
    row["mac"] = ledger.mac(key, ledger.body_of([row[name] for name in ledger.FIELDS]))
    return {**row, "at": from_ms(at)}


def timed(act: object) -> float:
    started = time.process_time()
    act()  # type: ignore[operator]
    return time.process_time() - started


def seal_all() -> None:
    while seals.seal_waiting():
        db.session.commit()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app({"SAMTYKKE_ENV": "development", "INSTANCE_DIR": folder}, TESTING=True)
        with app.app_context():
            upgrade()
            fill(EVENTS)
            sealing = timed(seal_all)
            checking = timed(lambda: verify(keyring()))
    rate = EVENTS / checking
    print(f"| ledger | events | seal, events/s | verify, events/s | goal {GOAL} |")
    print("|---|---|---|---|---|")
    print(
        f"| SQLite, CPU time of one core | {EVENTS:,} | {EVENTS / sealing:,.0f} | {rate:,.0f} | {rate / GOAL:.2f} × |"
    )


if __name__ == "__main__":
    main()
