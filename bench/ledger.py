"""How many sealed events a second `flask ledger verify` checks on one core. Usage: python bench/ledger.py [EVENTS]"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from secrets import token_bytes

from flask_migrate import upgrade

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app import create_app
from app.clock import from_ms, now, to_ms
from app.consent import ledger, seals, texts
from app.consent.models import ConsentEvent, ConsentEvidence, Purpose, UnsealedEvent
from app.consent.verify import verify
from app.contacts.service import meet
from app.crypto import keyring, uuid7
from app.encoding import b64
from app.extensions import db
from app.sites.models import Company, Site
from app.submissions.models import Form, FormVersion
from app.submissions.published import fingerprint

EVENTS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
GOAL = 20_000
AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
)
PAGE = "https://fjordlys.example/nyhetsbrev"


def fill(count: int) -> None:
    """Events as `ledger.append` writes them, each with its evidence, and the words and the form that they name."""
    named, start = _named(), to_ms(now()) - count
    kari = meet("kari@example.no", "kari@example.no", "nb", 1).id
    for chunk in range(0, count, 5000):
        evidence = [_evidence(n, kari) for n in range(chunk, min(chunk + 5000, count))]
        rows = [_row(start + chunk + n, mine, named) for n, mine in enumerate(evidence)]
        db.session.execute(ConsentEvent.__table__.insert(), rows)
        db.session.execute(UnsealedEvent.__table__.insert(), [{"event_id": row["id"]} for row in rows])
        db.session.execute(ConsentEvidence.__table__.insert(), evidence)
        db.session.commit()


def _named() -> dict[str, object]:
    """A consent text, and a form as it was published."""
    site = Site(slug="fjordlys", name="F", origin="https://fjordlys.example", company=Company(slug="c", name="C"))
    db.session.add_all([site, Purpose(slug="newsletter", names={}), form := Form(slug="nyhetsbrev", site=site)])
    db.session.flush()
    text = texts.publish("newsletter", "nb", "Ja takk, send meg nyhetsbrevet. Jeg kan når som helst melde meg av.")
    definition = {"form": "nyhetsbrev"}
    version = FormVersion(form_id=form.id, number=1, hash=fingerprint(definition), definition=definition)
    db.session.add(version)
    db.session.flush()
    return {"text_hash": text.hash, "text_version": 1, "text_lang": "nb", "form_hash": version.hash}


def _evidence(n: int, contact_id: int) -> dict[str, object]:
    """What is kept of somebody who has sent a form."""
    facts = {"address": f"kari{n}@example.no", "ip": "192.0.2.0/24", "user_agent": AGENT, "url": PAGE}
    return {
        "event_id": uuid7(),
        "contact_id": contact_id,
        "salt": b64(token_bytes(32)),
        "facts": {**facts, "submission": str(n)},
    }


def _row(at: int, evidence: dict[str, object], named: dict[str, object]) -> dict[str, object]:
    words = dict.fromkeys(ledger.FIELDS, "")
    row = {**words, "id": evidence["event_id"], "subject": uuid7(), "purpose": "newsletter", "type": "requested"}
    row |= {"at": at, "actor": "subject", "method": "form_checkbox", "site": "fjordlys", "render": "verified", **named}
    row["evidence_hash"] = ledger.evidence_hash(evidence["salt"], evidence["facts"])
    row["kid"], key = keyring().current(ledger.KEY)
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
