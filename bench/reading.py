"""Lists and searches of the staff pages over a million submissions and contacts, over HTTP, on both databases.

Usage: python bench/reading.py [--rows 1000000] [--database sqlite|postgres|both]
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import insert, text

from app import create_app
from app.admin import finding, service
from app.admin.jobs import box_marker, form_marker
from app.clock import now, to_ms
from app.extensions import db
from app.privacy import identity, links
from app.privacy.deadline import due
from app.privacy.identity import Identity
from app.privacy.models import KINDS, OPEN, PrivacyRequest
from app.search.words import fold, words
from app.sites.models import Site
from app.submissions.ids import BEGAN, RANDOM_BITS
from app.submissions.models import Form
from tests.support import postgres

GOAL = 50  # milliseconds, p95
ROUNDS = 40
APART = 30_000  # milliseconds between two submissions
PASSWORD = "for this measurement only"

FIRST = [
    "Kari",
    "Ola",
    "Per",
    "Anne",
    "Liv",
    "Nils",
    "Ingrid",
    "Lars",
    "Marit",
    "Jan",
    "Astrid",
    "Knut",
    "Solveig",
    "Erik",
    "Berit",
    "Odd",
    "Hilde",
    "Arne",
    "Silje",
    "Tor",
]
LAST = [
    "Hansen",
    "Johansen",
    "Olsen",
    "Larsen",
    "Andersen",
    "Pedersen",
    "Nilsen",
    "Kristiansen",
    "Jensen",
    "Karlsen",
    "Berg",
    "Haugen",
    "Hagen",
    "Dahl",
]
DOMAINS = ["gmail.com"] * 5 + ["hotmail.com"] * 2 + ["online.no", "example.no", "fjordlys.example"]
COMMON, ALSO_COMMON, MIDDLE, RARE = "lampe", "stue", "taklys", "sjeldentord"
VOCABULARY = [COMMON, ALSO_COMMON, *(f"ord{number}" for number in range(20_000))]
WEIGHTS = [3000.0, 3000.0, *(20_000 / (rank + 10) for rank in range(20_000))]

Row = tuple[Any, ...]


class Made:
    """The company's past, made up; the same for every database."""

    def __init__(self, rows: int, form: Form, other: Form) -> None:
        self.rows, self.forms, self.chance = rows, [form, form, form, other], random.Random(7)
        self.began = to_ms(now()) - rows * APART
        self.link = ""

    def address(self, number: int) -> str:
        first, last = FIRST[number % len(FIRST)], LAST[number // 7 % len(LAST)]
        return f"{first}.{last}{number}@{DOMAINS[number % len(DOMAINS)]}".lower()

    def name(self, number: int) -> str:
        return f"{FIRST[number % len(FIRST)]} {LAST[number // 7 % len(LAST)]}"

    def subject(self, number: int) -> str:
        return str(UUID(int=number))

    def at(self, number: int) -> int:
        return self.began + number * APART

    def submission_id(self, number: int) -> int:
        return (self.at(number) - BEGAN) << RANDOM_BITS | number % 2**RANDOM_BITS

    def box(self, number: int) -> str:
        return "spam" if number % 50 == 3 else "accepted"

    def form(self, number: int) -> Form:
        return self.forms[number % len(self.forms)]

    def message(self, number: int) -> str:
        chance = random.Random(number)
        said = chance.choices(VOCABULARY, cum_weights=CUMULATED, k=12)
        said += [MIDDLE] if number % 1000 == 5 else []
        said += [RARE] if number % (self.rows // 20) == 9 else []
        return " ".join(said)

    def numbers(self) -> range:
        return range(1, self.rows + 1)

    def tables(self) -> Iterator[tuple[str, str, Iterable[Row]]]:
        """Table, columns, rows."""
        yield (
            "contact",
            "id subject address display lang site_id created_at",
            ((n, self.subject(n), self.address(n), self.address(n), "nb", 1, self.at(n)) for n in self.numbers()),
        )
        yield (
            "contact_value",
            "contact_id field value source at",
            ((n, "name", self.name(n), f"submission:{self.submission_id(n)}", self.at(n)) for n in self.numbers()),
        )
        yield "consent_event", EVENT, (self._event(n) for n in self.numbers())
        yield "submission", SUBMISSION, (self._submission(n) for n in self.numbers())
        yield (
            "outbox",
            "kind lane ref created_at run_at attempts done_at failed_at error",
            (("letter.send", f"l{n}", str(n), self.at(n), self.at(n), 1, *self._fate(n), "") for n in self.numbers()),
        )
        yield (
            "audit_entry",
            "at actor action subject object note",
            ((self.at(n), "staff:1", "looked_at_contact", self.subject(n), "", "") for n in self.numbers()),
        )

    def _fate(self, n: int) -> Row:
        return (None, self.at(n)) if n % 500 == 0 else (self.at(n), None)

    def _event(self, n: int) -> Row:
        said = ("newsletter", "confirmed", self.at(n), "subject", "preference_page")
        return (f"e{n}", self.subject(n), *said, *[""] * 2, 0, *[""] * 8)

    def _submission(self, n: int) -> Row:
        form, answers = self.form(n), {"name": self.name(n), "email": self.address(n), "message": self.message(n)}
        start = (self.submission_id(n), form.id, form.version_id, n, self.box(n), "", self.at(n), "nb", self.address(n))
        end = ("192.0.2.0/24", "Mozilla/5.0", "", "verified", f"d{n}", "", "", self.at(n))
        return (*start, json.dumps(answers), "{}", "[]", *end)

    def contact_texts(self) -> Iterator[tuple[int, str]]:
        return ((n, fold(f"{self.address(n)}\n{self.name(n)}")) for n in self.numbers())

    def submission_words(self) -> Iterator[tuple[int, list[str]]]:
        for n in self.numbers():
            marks = f"{form_marker(self.form(n).id)} {box_marker(self.box(n))}"
            yield self.submission_id(n), words(f"{self.address(n)} {self.name(n)} {self.message(n)} {marks}")


EVENT = (
    "id subject purpose type at actor method site text_hash text_version text_lang form_hash policy_version render "
    "responds_to evidence_hash kid mac"
)
SUBMISSION = (
    "id form_id version_id contact_id box reason received_at lang address answers asked masked network user_agent "
    "page_url render dedupe body_hash mac processed_at"
)
CUMULATED = list(accumulate(WEIGHTS))


def fill_sqlite(made: Made) -> None:
    raw: Any = db.engine.raw_connection().driver_connection
    raw.execute("PRAGMA synchronous = OFF")
    raw.execute("BEGIN")
    for table, columns, rows in made.tables():
        names = columns.split()
        raw.executemany(f"INSERT INTO {table} ({','.join(names)}) VALUES ({','.join('?' * len(names))})", rows)
    raw.executemany("INSERT INTO search_contact (rowid, text) VALUES (?, ?)", made.contact_texts())
    joined = ((id, " ".join(said)) for id, said in made.submission_words())
    raw.executemany("INSERT INTO search_submission (rowid, text) VALUES (?, ?)", joined)
    raw.execute("COMMIT")


def fill_postgres(made: Made) -> None:
    with db.engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        for table, columns, rows in made.tables():
            copy(raw, table, columns.split(), rows)
        # the indexes are built at the end: that a worker adds rows one by one is not what is measured here
        made_by = (
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename LIKE 'search\\_%' AND indexdef LIKE '%gin%'"
        )
        indexes = raw.execute(made_by).fetchall()
        for name, _ in indexes:
            raw.execute(f"DROP INDEX {name}")
        copy(raw, "search_contact", ["id", "text"], made.contact_texts())
        raw.execute("CREATE TEMP TABLE said (id bigint, words text[])")
        copy(raw, "said", ["id", "words"], made.submission_words())
        raw.execute("INSERT INTO search_submission SELECT id, array_to_tsvector(words) FROM said")
        for _, definition in indexes:
            raw.execute(definition)
        raw.commit()
        raw.autocommit = True
        raw.execute("VACUUM ANALYZE")
        raw.autocommit = False


def copy(raw: Any, table: str, columns: list[str], rows: Iterable[Row]) -> None:
    with raw.cursor().copy(f"COPY {table} ({','.join(columns)}) FROM STDIN") as into:
        for row in rows:
            into.write_row(row)


def signed_in(app: Flask) -> FlaskClient:
    client = app.test_client()
    page = client.get("/admin/login").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]  # type: ignore[index]
    sent = {"csrf_token": token, "email": "bench@example.no", "password": PASSWORD}
    assert client.post("/admin/login", data=sent).status_code == 303
    return client


def pages(made: Made) -> Iterator[tuple[str, str]]:
    """What is opened: a name and an address."""
    middle, late = made.rows // 2, made.rows // 100
    submission = made.submission_id
    yield "first page of all", "/admin/"
    yield "contacts, newest", "/admin/contacts"
    yield "contacts, in the middle", f"/admin/contacts?before={middle}"
    yield "contacts, near the end", f"/admin/contacts?before={late}"
    yield "contacts, back towards newer", f"/admin/contacts?after={middle}"
    yield "one contact", f"/admin/contacts/{middle}"
    yield "submissions, newest", "/admin/submissions"
    yield "submissions, in the middle", f"/admin/submissions?before={submission(middle)}"
    yield "submissions, near the end", f"/admin/submissions?before={submission(late)}"
    yield "submissions of one form, near the end", f"/admin/submissions?form=nyhetsbrev&before={submission(late)}"
    yield "submissions, spam, near the end", f"/admin/submissions?box=spam&before={submission(late)}"
    yield "one submission", f"/admin/submissions/{submission(middle)}"
    yield "outbox", "/admin/outbox"
    yield "requests: the board", "/admin/requests"
    yield "requests: all that have ended", "/admin/requests/of/done"
    yield "requests: one", "/admin/requests/1"
    yield "a person's own page", f"/privacy/{made.link}"
    yield "audit trail", "/admin/audit"
    for name, query in CONTACT_SEARCHES.items():
        yield f"search contacts: {name}", f"/admin/contacts?s={finding.seal(query.format(made.address(middle)))}"
    for name, query in SUBMISSION_SEARCHES.items():
        yield f"search submissions: {name}", f"/admin/submissions?s={finding.seal(query.format(made.address(middle)))}"
    sealed = finding.seal(COMMON)
    yield (
        "search submissions: a common word, in the middle",
        f"/admin/submissions?s={sealed}&before={submission(middle)}",
    )
    yield "search submissions: a common word in spam", f"/admin/submissions?s={sealed}&box=spam"


CONTACT_SEARCHES = {
    "a whole address": "{}",
    "part of every second address": "gmail.com",
    "three letters": "ari",
    "a surname": "kristiansen",
    "name and domain": "solveig hotmail",
    "two parts that never meet": "kari. solveig.",
    "a part that nearly everybody nearly has": "comgmail.com",
    "nothing": "finnesikke",
}
SUBMISSION_SEARCHES = {
    "a rare word": RARE,
    "a word in a thousand": MIDDLE,
    "a common word": COMMON,
    "two common words": f"{COMMON} {ALSO_COMMON}",
    "a common and a rare word": f"{COMMON} {RARE}",
    "two words in a thousand that never meet": f"{MIDDLE} {RARE}",
    "a whole address": "{}",
    "nothing": "finnesikke",
}


def measure(client: FlaskClient, url: str) -> tuple[float, float, int]:
    """Median and 95th percentile in milliseconds, and how many rows the page showed."""
    taken = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        answer = client.get(url)
        taken.append((time.perf_counter() - begun) * 1000)
        assert answer.status_code == 200, (url, answer.status_code)
    taken.sort()
    return taken[len(taken) // 2], taken[int(len(taken) * 0.95)], answer.text.count("<tr>") - 1


def run(name: str, url: str, rows: int, fill: Callable[[Made], None], folder: Path) -> None:
    app = create_app(
        {
            "SAMTYKKE_ENV": "development",
            "DATABASE_URL": url,
            "INSTANCE_DIR": str(folder),
            "BASE_URL": "http://localhost",
        },
        TESTING=True,
    )
    begun = time.perf_counter()
    made = build(app, rows, fill)
    print(f"\n{name}, {rows:,} contacts and submissions, built in {time.perf_counter() - begun:.0f} s\n", flush=True)
    print(f"| page | rows | median ms | p95 ms | ≤ {GOAL} |\n|---|---|---|---|---|", flush=True)
    client = signed_in(app)
    with app.test_request_context():
        asked = list(pages(made))
    for title, address in asked:
        median, p95, shown = measure(client, address)
        print(
            f"| {title} | {max(shown, 0)} | {median:.1f} | {p95:.1f} | {'yes' if p95 <= GOAL else 'NO'} |", flush=True
        )


def build(app: Flask, rows: int, fill: Callable[[Made], None]) -> Made:
    with app.app_context():
        upgrade()
        app.test_cli_runner().invoke(args=["demo", "load"])
        service.create_user("bench@example.no", PASSWORD, "staff")
        db.session.commit()
        form, other = (db.session.query(Form).filter_by(slug=slug).one() for slug in ("kontakt", "nyhetsbrev"))
        made = Made(rows, form, other)
        db.session.expunge_all()
        db.session.remove()
        fill(made)
        _requests(made)
        assert db.session.scalar(text("SELECT count(*) FROM submission")) == rows
    return made


def _requests(made: Made) -> None:
    """One person in a hundred has asked for something; most of that is over. And one has a link to her own page."""
    known = identity.hide(Identity(made.address(1)))
    rows = [_request(made, n, known) for n in range(1, made.rows // 100 + 1)]
    db.session.execute(insert(PrivacyRequest), rows)
    site, person = db.session.query(Site).first(), made.rows // 2
    who = Identity(made.address(person), "", person, made.subject(person))
    made.link = links.word(links.open(links.PAGE, who, site=site, lang="nb").id)
    db.session.commit()


def _request(made: Made, n: int, known: bytes) -> dict[str, Any]:
    state = OPEN[n % len(OPEN)] if n % 20 == 0 else "completed"
    mac = identity.mac(made.address(n * 50))
    at = now() - timedelta(minutes=n)
    row = {"kind": KINDS[n % len(KINDS)], "state": state, "origin": "web", "address_mac": mac, "sealed": known}
    return {
        **row,
        "contact_id": n * 50,
        "site_id": 1,
        "lang": "nb",
        "received_at": at,
        "due_at": due(at),
        "wishes": b"",
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if chosen.database != "postgres":
            run("SQLite", f"sqlite:///{folder}/bench.db", chosen.rows, fill_sqlite, folder)
    if chosen.database != "sqlite":
        server = postgres.Server()
        try:
            with tempfile.TemporaryDirectory() as name:
                run("PostgreSQL", server.create("bench"), chosen.rows, fill_postgres, Path(name))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
