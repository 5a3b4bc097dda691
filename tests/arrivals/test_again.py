"""Twice is once, and an import that was cut off goes on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from app.arrivals import cli, reading, service, upload
from app.arrivals.service import Overtaken
from app.arrivals.survey import survey
from app.consent.models import ConsentEvent
from app.extensions import db
from tests.arrivals.conftest import Office
from tests.conftest import Store, make_live
from tests.support.processes import Live, Process, eventually

HEADER = "E-post;Navn;Dato;Status"
PEOPLE = [f"p{n}@example.no" for n in range(40)]


class PowerCut(Exception):
    """The lights go out."""


def lines(count: int) -> list[str]:
    return [HEADER, *(f"{address};P;2.3.2024;" for address in PEOPLE[:count])]


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "BATCH", 5)


def cut_off(office: Office, monkeypatch: pytest.MonkeyPatch, after: int, path: Path) -> None:
    """The command dies in the middle of a batch, before its commit."""
    step, steps = service._step, []

    def dying(*args):
        taken = step(*args)
        steps.append(1)
        if len(steps) > after:
            raise PowerCut
        return taken

    with monkeypatch.context() as patch:
        patch.setattr(service, "_step", dying)
        done = office.app.test_cli_runner().invoke(args=["import", "csv", str(path)])
    assert isinstance(done.exception, PowerCut)


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("after", [0, 1, 3])
def test_it_goes_on_where_it_was_cut_off(office: Office, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    path = office.list(*lines(23))
    cut_off(office, monkeypatch, after, path)
    assert (office.run().position, office.count(ConsentEvent)) == (5 * after, 5 * after)
    said = office.imports("csv", path)
    assert ("Going on after row" in said) == bool(after)
    assert all(office.happened(address) == ["imported"] for address in PEOPLE[:23])
    assert (office.run().id, office.run().state, office.run().counts["new"]) == (1, "done", 23)


@pytest.mark.usefixtures("small_batches")
def test_going_on_it_still_knows_who_stood_above(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    path = office.list(*lines(10), f"{PEOPLE[0]};P;;", f"{PEOPLE[0]};P;2.3.2024;")
    cut_off(office, monkeypatch, 2, path)
    office.imports("csv", path)
    assert office.run().counts == office.run().preview == {"new": 10, "new:C": 10, "duplicate": 2}


@pytest.mark.usefixtures("small_batches")
def test_two_at_the_same_import_do_it_once(office: Office) -> None:
    path = office.list(*lines(15))
    with office.app.app_context(), path.open("rb") as stream:
        found = survey(upload.pieces(stream))
        run = service.begin(
            source="csv", place=found.hash, purpose="newsletter", site_id=office.site_id, actor="cli", state="running"
        )
        db.session.commit()

        def rows():
            return reading.csv_rows([path.read_bytes()], "utf-8", {})

        one, two = (service.advance(run.id, rows(), 0) for _ in range(2))
        next(one)
        db.session.commit()
        with pytest.raises(Overtaken):
            next(two)
        db.session.rollback()
        for _ in one:
            db.session.commit()
    assert office.count(ConsentEvent) == 15


def test_an_import_that_staff_ended_stops(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "BATCH", 5)
    path = office.list(*lines(15))
    advance = cli.service.advance

    def ended(run_id, rows, position):
        steps = advance(run_id, rows, position)
        yield next(steps)
        service.discard(db.session.get_one(service.ArrivalRun, run_id))
        db.session.commit()
        yield from steps

    monkeypatch.setattr(cli.service, "advance", ended)
    done = office.app.test_cli_runner().invoke(args=["import", "csv", str(path)])
    assert done.exit_code == 1 and office.count(ConsentEvent) == 5


people = st.sampled_from(["kari@example.no", "KARI@example.no", "anne@example.no", "per@example.no", "x", ""])
moments = st.sampled_from(["", "2.3.2024", "ja"])
words = st.sampled_from(["", "", "", "avmeldt", "cleaned", "spam", "pending"])


def everything(office: Office) -> dict[str, object]:
    found = ("kari@example.no", "anne@example.no", "per@example.no")
    return {a: (office.happened(a), office.consents(a), office.suppressed(a), office.evidence(a)) for a in found}


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(people, moments, words), max_size=12), st.integers(1, 4), st.booleans())
def test_importing_twice_is_once_whatever_the_list(office: Office, rows, size, vouched) -> None:
    options = {"vouched_by": "Siri", "yes": True} if vouched else {}
    listed = [HEADER, *(f"{address};P;{moment};{word}" for address, moment, word in rows)]
    before, service.BATCH = service.BATCH, size
    try:
        office.brings(*listed, **options)
        assert office.run().preview == office.run().counts
        first = everything(office)
        office.brings(*listed, **options)
        assert everything(office) == first
        assert not {"new", "leaving"} & office.run().counts.keys()
    finally:
        service.BATCH = before


# A real process


@pytest.fixture
def company(store: Store, tmp_path: Path) -> Iterator[Live]:
    """A service of which only commands are run."""
    live = make_live(store, "again", tmp_path)
    yield live
    live.stop()
    store.drop("again")


@pytest.mark.slow
def test_kill_nine_in_the_middle_and_nothing_is_written_twice(company: Live, tmp_path: Path) -> None:
    live, rows = company, 6_000
    path = tmp_path / "list.csv"
    path.write_text(f"{HEADER}\n" + "".join(f"person{n}@example.no;P;2.3.2024;\n" for n in range(rows)))
    engine = create_engine(live.environ["DATABASE_URL"])

    def ask(statement: str) -> list[object]:
        with engine.connect() as connection:
            return list(connection.execute(text(statement)).scalars())

    command = live._flask("import", "csv", str(path))
    process = Process(
        ["nice", "-n", "19", *command], live.environ, tmp_path / "import.log"
    )  # we watch, and are quicker
    eventually(lambda: sum(ask("SELECT position FROM arrival_run")) >= 1000, seconds=60)
    process.kill()
    reached = ask("SELECT position FROM arrival_run")[0]
    assert 1000 <= reached < rows, process.output()
    said = live.flask("import", "csv", str(path))
    assert f"Going on after row {reached}" in said
    subjects = Counter(ask("SELECT subject FROM consent_event WHERE type = 'imported'"))
    assert len(subjects) == rows and set(subjects.values()) == {1}
    assert ask("SELECT state FROM arrival_run") == ["done"]
    live.flask("ledger", "seal")
    assert "OK" in live.flask("ledger", "verify")
    engine.dispose()
