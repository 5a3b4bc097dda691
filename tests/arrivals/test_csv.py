"""`flask import csv`: who comes in, who does not, and who must be left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from app.arrivals.models import ArrivalRun
from app.consent import jobs
from app.consent.models import ConsentEvent, UnsealedEvent
from app.consent.verify import verify
from app.contacts import suppression
from app.contacts.models import Contact
from app.crypto import keyring
from app.extensions import db
from app.letters.models import Letter
from app.outbox.models import OutboxRow
from tests.arrivals.conftest import Office
from tests.sync.world import events_of

HEADER = "E-post;Navn;Dato;IP;Kilde;Status;Avmeldt"
YES = "2.3.2024 12:00;203.0.113.9;Butikken;;"


@pytest.fixture(autouse=True)
def ola_left_alone(office: Office, ola: str):
    """Ola said yes and told us his name. Whatever is imported, not a byte of his changes."""
    office.subscribe(ola)
    office.work()
    before = office.everything(ola)
    yield
    assert office.everything(ola) == before


# Who comes in


def test_she_comes_in_with_the_proof_that_the_list_has(office: Office, kari: str) -> None:
    office.brings(HEADER, f"Kari@Example.no;Kari Nordmann;{YES}", vouched_by="Siri Sørby")
    run, (event,) = office.run(), events_of(office.app, kari)
    assert (event.type, event.method, event.actor, event.purpose) == ("imported", "import", "cli", "newsletter")
    assert office.consents(kari) == {"newsletter": "confirmed"}
    assert office.values(kari) == {"name": "Kari Nordmann"}
    assert office.evidence(kari) == [
        {
            "address": "Kari@example.no",
            "list": "csv",
            "list_id": run.place,
            "row": 2,
            "status": "subscribed",
            "level": "B",
            "opt_in_at": "2024-03-02T11:00:00.000Z",
            "ip": "203.0.113.0/24",
            "source": "Butikken",
            "vouched_by": "Siri Sørby",
        }
    ]


def test_the_hash_in_the_evidence_is_the_files_own(office: Office, kari: str) -> None:
    from hashlib import sha256

    office.brings(HEADER, f"{kari};;{YES}")
    assert office.evidence(kari)[0]["list_id"] == sha256((office.folder / "list.csv").read_bytes()).hexdigest()


def test_the_ledger_is_in_order_and_can_be_sealed(office: Office) -> None:
    office.brings(HEADER, *(f"p{n}@example.no;;{YES}" for n in range(20)))
    with office.app.app_context():
        waiting = db.session.scalars(select(UnsealedEvent.event_id)).all()
        assert {*waiting} == {*db.session.scalars(select(ConsentEvent.id))}
        jobs.seal()
        assert verify(keyring()).sealed == len(waiting)


def test_no_letter_is_sent_to_anybody(office: Office, kari: str) -> None:
    before = office.count(Letter)
    office.brings(HEADER, f"{kari};Kari;{YES}", "anne@example.no;Anne;;;;avmeldt;", "per@example.no;Per;;;;bounced;")
    office.work()
    assert office.count(Letter) == before


def test_the_processors_follow_and_she_can_be_found(office: Office, kari: str) -> None:
    from app import search

    office.brings(HEADER, f"{kari};Kari Nordmann;{YES}")
    office.work()
    assert office.at_sandbox(kari) == office.at_mailchimp(kari) == ("subscribed", {"newsletter"})
    assert office.failed() == []
    with office.app.app_context():
        assert len(search.find_contacts("nordmann")) == 1


def test_people_come_in_for_the_purpose_that_was_named(office: Office, kari: str) -> None:
    office.brings(HEADER, f"{kari};Kari;{YES}", purpose="offers")
    assert office.consents(kari) == {"offers": "confirmed"}


def test_a_form_that_meets_her_at_the_same_moment_does_no_harm(office: Office, kari: str, monkeypatch) -> None:
    from app.arrivals import people

    meet, met = people.meet, []

    def late(strangers, site_id):
        if not met:
            met.append(office.site_id)
            db.session.add(Contact(address=kari, display=kari, lang="en", site_id=site_id))
            db.session.flush()
        return meet(strangers, site_id)

    monkeypatch.setattr(people, "meet", late)
    office.brings(HEADER, f"{kari};Kari;{YES}", f"anne@example.no;Anne;{YES}")
    assert office.happened(kari) == office.happened("anne@example.no") == ["imported"]


def test_what_she_told_us_herself_is_not_replaced(office: Office, kari: str) -> None:
    office.meet(kari, name="Kari Nordmann")
    office.brings("E-post;Navn;Firma;Dato", f"{kari};K. Nordman;Lys AS;2.3.2024")
    assert office.values(kari) == {"name": "Kari Nordmann", "company": "Lys AS"}


# Names without proof


def test_a_name_on_a_list_is_doubtful_and_stays_out(office: Office, kari: str) -> None:
    said = office.brings("E-post;Navn", f"{kari};Kari")
    assert "no_proof: line 2" in said and kari not in said
    assert not office.known(kari)


def test_somebody_by_name_may_vouch_for_them(office: Office, kari: str) -> None:
    office.brings("E-post;Navn", f"{kari};Kari", vouched_by="Siri Sørby", yes=True)
    assert office.consents(kari) == {"newsletter": "confirmed"}
    assert (office.evidence(kari)[0]["level"], office.evidence(kari)[0]["vouched_by"]) == ("D", "Siri Sørby")


def test_nobody_vouches_without_a_name(office: Office, kari: str) -> None:
    path = office.list("E-post", kari)
    done = office.app.test_cli_runner().invoke(args=["import", "csv", str(path), "--yes"])
    assert done.exit_code == 2 and "--vouched-by" in done.output
    office.brings("E-post", kari, vouched_by="Siri Sørby")
    assert not office.known(kari)


def test_the_name_of_who_vouches_is_never_cut(office: Office, kari: str) -> None:
    path = office.list("E-post", kari)
    done = office.app.test_cli_runner().invoke(args=["import", "csv", str(path), "--yes", "--vouched-by", "S" * 101])
    assert done.exit_code == 2 and "100 characters" in done.output
    office.brings("E-post", kari, vouched_by="S" * 100, yes=True)
    assert office.evidence(kari)[0]["vouched_by"] == "S" * 100


@pytest.mark.parametrize("status", ["pending", "archived", "transactional", "purple"])
def test_who_never_said_yes_stays_out_whoever_vouches(office: Office, kari: str, status: str) -> None:
    office.brings(HEADER, f"{kari};Kari;2.3.2024;203.0.113.9;;{status};", vouched_by="Siri", yes=True)
    assert not office.known(kari)


def test_a_no_in_the_column_of_consent_is_a_no(office: Office, kari: str) -> None:
    office.brings("E-post;Samtykke", f"{kari};Nei", vouched_by="Siri", yes=True)
    assert not office.known(kari)


# Who has left


def test_who_left_there_has_left_here(office: Office, kari: str) -> None:
    office.brings(HEADER, f"{kari};Kari;{YES}1.6.2025")
    assert office.consents(kari) == {"newsletter": "withdrawn"}
    assert office.suppressed(kari) == {"newsletter"}
    assert office.values(kari) == {}, "of somebody who left nothing more is taken along"
    assert office.evidence(kari)[0]["left_at"] == "2025-05-31T22:00:00.000Z"


@pytest.mark.parametrize(("status", "reason"), [("cleaned", "bounced"), ("spam", "complained")])
def test_whose_mailbox_is_gone_is_never_written_to(office: Office, kari: str, status: str, reason: str) -> None:
    office.brings(HEADER, f"{kari};Kari;;;;{status};")
    assert office.suppressed(kari) == {suppression.ALL}
    with office.app.app_context():
        assert suppression.reasons(kari) == {reason}
    assert office.consents(kari) == {"newsletter": "withdrawn"}


def test_nobody_is_introduced_in_order_to_say_goodbye(office: Office, kari: str) -> None:
    office.brings(HEADER, f"{kari};Kari;;;;avmeldt;")
    office.work()
    assert office.at_sandbox(kari) == office.at_mailchimp(kari) == ("", set())


def test_a_no_on_the_list_ends_a_letter_that_waits(office: Office, kari: str) -> None:
    office.ask(kari)
    office.brings(HEADER, f"{kari};Kari;;;;avmeldt;")
    assert office.confirm(kari) == []
    assert office.consents(kari) == {"newsletter": "withdrawn"}


def test_a_no_on_the_list_counts_more_than_a_yes_from_a_list(office: Office, kari: str) -> None:
    office.brings(HEADER, f"{kari};Kari;{YES}")
    office.brings(HEADER, f"{kari};Kari;{YES}1.6.2025")
    assert office.consents(kari) == {"newsletter": "withdrawn"}
    assert events_of(office.app, kari)[1].responds_to == events_of(office.app, kari)[0].id


def test_what_she_said_to_us_later_counts_more_than_her_no_there(office: Office, kari: str) -> None:
    office.subscribe(kari)
    office.brings(HEADER, f"{kari};Kari;{YES}1.6.2020")
    assert office.consents(kari) == {"newsletter": "confirmed"}
    office.brings(HEADER, f"{kari};Kari;;;;avmeldt;")
    assert office.consents(kari) == {"newsletter": "withdrawn"}, "a no that nobody dated may be the younger one"


def test_a_mailbox_that_is_gone_ends_every_purpose(office: Office, kari: str) -> None:
    office.subscribe(kari, "newsletter", "offers")
    office.work()
    office.brings(HEADER, f"{kari};Kari;;;;cleaned;")
    office.work()
    assert office.consents(kari) == {"newsletter": "withdrawn", "offers": "withdrawn"}
    assert office.at_mailchimp(kari)[0] == office.at_sandbox(kari)[0] == "unsubscribed"


# Who must be left alone


def test_who_withdrew_here_stays_withdrawn_whatever_the_file_says(office: Office, kari: str) -> None:
    office.subscribe(kari)
    office.withdraw(kari)
    before = office.happened(kari)
    said = office.brings(HEADER, f"{kari};Kari;{YES}", vouched_by="Siri", yes=True)
    assert "withdrawn 1" in said
    assert office.happened(kari) == before and office.granted(kari) == set()


def test_who_withdrew_here_may_have_said_yes_to_something_else(office: Office, kari: str) -> None:
    office.subscribe(kari)
    office.withdraw(kari, "newsletter")
    office.brings(HEADER, f"{kari};Kari;{YES}", purpose="offers")
    assert office.consents(kari) == {"newsletter": "withdrawn", "offers": "confirmed"}


def test_who_withdrew_from_everything_is_brought_in_for_nothing(office: Office, kari: str) -> None:
    """Not for what was never asked either, and not when nothing was: Nils sent a form without any tick."""
    nils = "nils@example.no"
    office.subscribe(kari)
    office.meet(nils)
    for address in (kari, nils):
        office.withdraw(address)
    lines = [f"{address};;{YES}" for address in (kari, nils)]
    assert "2  left alone" in office.brings(HEADER, *lines, purpose="offers")
    assert office.consents(kari) == {"newsletter": "withdrawn"}
    assert set(office.consents(nils).values()) == {"withdrawn"}


def test_who_was_erased_is_not_remembered_by_a_file(office: Office, kari: str) -> None:
    with office.app.app_context():
        suppression.suppress(kari, suppression.ALL, "erased")
        db.session.commit()
    said = office.brings(HEADER, f"{kari};Kari;{YES}", f"{kari};Kari;;;;cleaned;", vouched_by="Siri", yes=True)
    assert "left_alone 1" in said
    assert not office.known(kari)
    with office.app.app_context():
        assert suppression.reasons(kari) == {"erased"}


@pytest.mark.settings(SECRET_KEYS_OLD="an-older-secret-for-tests-only-0123456789")
def test_a_suppression_under_an_older_key_counts(office: Office, kari: str) -> None:
    from hashlib import sha256
    from hmac import digest

    from app.contacts.models import Suppression

    with office.app.app_context():
        old = keyring().keys(suppression.KEY)[1]
        mac = digest(old, kari.encode(), sha256).hex()
        db.session.add(Suppression(mac=mac, scope=suppression.ALL, reason="withdrawn"))
        db.session.commit()
    office.brings(HEADER, f"{kari};Kari;{YES}")
    assert not office.known(kari)


# The file


def test_somebody_may_stand_in_it_twice(office: Office, kari: str) -> None:
    said = office.brings(HEADER, f"{kari};Kari;{YES}", f"KARI@example.no;Kari;{YES}", f"{kari};;;;;;")
    assert office.happened(kari) == ["imported"]
    assert office.run().counts == {"new": 1, "new:B": 1, "duplicate": 2}
    assert said.count("2  on the list more than once") == 2


@pytest.mark.parametrize("turn", [1, -1])
def test_a_yes_and_a_no_in_one_file_are_a_no_in_either_order(office: Office, kari: str, turn: int, monkeypatch) -> None:
    from app.arrivals import service

    for size in (500, 1):
        monkeypatch.setattr(service, "BATCH", size)
        address = f"{size}{kari}"
        lines = [f"{address};Kari;{YES}", f"{address};Kari;;;;avmeldt;"][::turn]
        office.brings(HEADER, *lines)
        assert office.consents(address) == {"newsletter": "withdrawn"}
        assert office.run().preview == office.run().counts


def test_the_better_proof_in_a_later_line_is_taken(office: Office, kari: str) -> None:
    office.brings(HEADER, f"{kari};Kari;;;;;", f"{kari};Kari;{YES}")
    assert [facts["row"] for facts in office.evidence(kari)] == [3]


def test_the_preview_and_the_import_agree(office: Office, kari: str) -> None:
    office.subscribe("anne@example.no")
    office.withdraw("anne@example.no")
    lines = [f"{kari};K;{YES}", f"anne@example.no;A;{YES}", "x;;;;;;", "per@example.no;;;;;cleaned;", f"{kari};;;;;;"]
    office.brings(HEADER, *lines)
    run = office.run()
    assert run.preview == run.counts
    assert {k: n for k, n in run.counts.items() if ":" not in k} == {
        "new": 1,
        "suppressed": 1,
        "doubtful": 1,
        "leaving": 1,
        "duplicate": 1,
    }


def test_a_dry_run_changes_nothing(office: Office, kari: str) -> None:
    people, work = office.count(), office.count(OutboxRow)
    said = office.brings(HEADER, f"{kari};Kari;{YES}", dry_run=True)
    assert "1  come in" in said
    assert (office.count(), office.count(OutboxRow)) == (people, work)
    assert office.run().state == "discarded"


def test_columns_may_be_named(office: Office, kari: str) -> None:
    office.imports("csv", office.list("A,B", f"2.3.2024,{kari}"), "--columns", "email=B,opt_in=A")
    assert office.evidence(kari)[0]["level"] == "C"


def test_a_list_without_a_header_is_read(office: Office, kari: str) -> None:
    office.brings(kari, "anne@example.no", vouched_by="Siri", yes=True)
    assert office.granted(kari) == office.granted("anne@example.no") == {"newsletter"}


IMPOSSIBLE: list[tuple[list[str], list[str], str]] = [
    (["Navn;By", "Kari;Bergen"], [], "No column holds"),
    ([""], [], "nothing in this file"),
    (["E-post"], ["--columns", "email=Nope"], "no column “Nope”"),
    (["E-post"], ["--columns", "nope=E-post"], "nope"),
    (["E-post"], ["--purpose", "nope"], "no such purpose"),
    (["E-post"], ["--site", "nope"], "name the site"),
]


def test_what_cannot_be_done_is_said(office: Office) -> None:
    for lines, words, said in IMPOSSIBLE:
        path = office.list(*lines)
        done = office.app.test_cli_runner().invoke(args=["import", "csv", str(path), *words])
        assert done.exit_code != 0 and said in done.output and "Traceback" not in done.output
        assert office.count(ArrivalRun) == 0 or office.run().state == "discarded"


def test_a_windows_file_keeps_its_letters(office: Office, kari: str) -> None:
    path = office.list("E-post;Navn;Dato", f"{kari};Kåre Ødegård;2.3.2024", encoding="cp1252")
    office.imports("csv", path)
    assert office.values(kari) == {"name": "Kåre Ødegård"}


def test_no_address_is_printed_or_logged(office: Office, kari: str, caplog, capfd) -> None:
    said = office.brings(HEADER, f"{kari};Kari;{YES}", f"anne@example.no;Anne;{YES[:-1]};avmeldt;", "kari@@x.no;;;;;;")
    heard = said + caplog.text + "".join(capfd.readouterr())
    assert "@" not in heard.replace("@@", "") and "kari@" not in heard


def test_the_command_leaves_no_copy_of_the_file(office: Office, kari: str) -> None:
    from app.arrivals.models import ArrivalPart

    office.brings(HEADER, f"{kari};Kari;{YES}")
    assert office.count(ArrivalPart) == 0
    assert [p for p in Path(office.app.config["INSTANCE_DIR"]).rglob("*") if p.suffix == ".csv"] == []


def test_columns_may_be_named_one_by_one_also_with_a_comma(office: Office, kari: str) -> None:
    path = office.list('Hvem,"Post, privat",Dato', f"Kari,{kari},2024-03-02")
    office.imports("csv", path, "--column", "address=Post, privat", "--column", "name=Hvem")
    assert office.consents(kari) == {"newsletter": "confirmed"} and office.values(kari) == {"name": "Kari"}
