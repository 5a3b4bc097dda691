"""A backup from before is restored: nothing leaves this house until what the journal knows has been done again."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, make_url, select

from app import contacts, journal
from app.audit.models import AuditEntry
from app.clock import now
from app.extensions import db
from app.journal import gate, lines
from app.journal.models import JournalEntry
from app.privacy import journal as replaying
from app.privacy import journal_jobs, own
from app.privacy.journal import Replayed
from app.privacy.own.moving import move
from app.processors.base import Profile
from tests.conftest import Store
from tests.privacy import crash
from tests.privacy.house import House
from tests.support.mailchimp_server import MailchimpServer


@pytest.fixture
def house(app: Flask, demo: Any) -> Iterator[House]:
    with MailchimpServer() as mailchimp:
        house = House(app, mailchimp).settle()
        yield house  # type: ignore[misc]


@pytest.fixture
def backup(app: Flask, store: Store, database: str) -> Callable[[], Callable[[], None]]:
    """backup() copies the database as it is; what it returns puts that copy in the place of the database."""
    name = Path(make_url(database).database or "").stem

    def let_go() -> None:
        """As for a restore in earnest: web and worker are stopped, and know nothing of before when they start."""
        app.extensions.pop("journal_read", None)
        crash.let_go(app)
        if store.server:  # the doorbell's connection too
            store.server.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    def take() -> Callable[[], None]:
        let_go()
        store.fresh(f"{name}_copy", template=name)
        return restore

    def restore() -> None:
        let_go()
        store.drop(name)
        store.fresh(name, template=f"{name}_copy")
        store.drop(f"{name}_copy")

    return take


def ticks(house: House, minutes: int = 1) -> None:
    for _ in range(minutes):
        with house.app.app_context():
            journal_jobs.tick()


def replays(house: House, *options: str, code: int = 0) -> str:
    done = house.app.test_cli_runner().invoke(args=["requests", "replay", *options])
    assert done.exit_code == code, done.output
    return done.output


def finishes(house: House) -> None:
    """What was put off for a moment is done too: a busy machine must not decide."""
    for minutes in (0, 2, 10):
        with house.later(minutes=minutes):
            house.work()


def behind(house: House) -> bool:
    with house.app.app_context():
        return gate.behind()


def written(house: House) -> list[dict[str, Any]]:
    with house.app.app_context():
        return [json.loads(raw) for file in lines.files() for raw in file.read_text().splitlines()]


def subscribed(house: House, *addresses: str) -> None:
    for address in addresses:
        house.posts(address)
        house.presses(address)
        assert house.at_mailchimp(address)[0] == "subscribed"


# The whole way


def test_a_backup_from_before_is_restored_and_kari_is_gone_again(
    house: House, backup: Callable[[], Callable[[], None]], kari: str, ola: str
) -> None:
    subscribed(house, kari, ola)
    house.knows_all_over(kari)
    house.push_again(kari)  # the backup holds work that would be told to processors
    restore = backup()
    number = house.erases(kari)
    finishes(house)
    assert house.state(number) == "completed" and house.contact(kari) is None
    restore()
    house.mailbox.clear()
    assert house.contact(kari) is not None, "the backup knows her"
    assert behind(house) and house.work() == 0
    ready = house.app.test_client().get("/readyz")
    assert ready.status_code == 200 and "flask requests replay" in ready.json["journal"]
    assert "erased 1" in replays(house)
    assert not behind(house)
    finishes(house)
    assert house.contact(kari) is None
    assert house.tables_naming(kari) == set()
    assert house.at_mailchimp(kari) == house.at_sandbox(kari) == ("", set())
    assert house.letters(kari) == []
    assert house.suppressed(kari) == {"all", "newsletter", "offers", "information"}
    assert house.at_mailchimp(ola)[0] == "subscribed" and house.contact(ola) is not None


def test_withdrawals_and_restrictions_come_back_too(
    house: House, backup: Callable[[], Callable[[], None]], kari: str, ola: str
) -> None:
    subscribed(house, kari, ola)
    restore = backup()
    house.withdraw(kari, "newsletter")
    with house.app.app_context():
        own.restrict(Profile(ola), True)
        db.session.commit()
    restore()
    assert house.granted(kari) == {"newsletter"} and house.contact(ola).restricted_at is None
    assert house.work() == 0
    said = replays(house)
    assert "withdrawn 1" in said and "restricted 1" in said
    house.work()
    assert house.granted(kari) == set() and house.at_mailchimp(kari)[0] == "unsubscribed"
    assert house.contact(ola).restricted_at is not None


NEW = "kari.ny@example.no"


def moves(house: House, address: str, new: str) -> None:
    with house.app.app_context():
        contact = contacts.lock(contacts.find(address).id)
        move(contact, new, new, "request:1")
        db.session.commit()


def test_what_she_asked_by_an_address_that_came_after_the_backup_is_done_again_too(
    house: House, backup: Callable[[], Callable[[], None]], kari: str, ola: str
) -> None:
    subscribed(house, kari, ola)
    restore = backup()
    moves(house, kari, NEW)
    house.withdraw(NEW, "newsletter")
    restore()
    said = replays(house)
    assert "withdrawn 1" in said and "moved 1" in said
    assert house.granted(kari) == set() and house.granted(ola) == {"newsletter"}
    assert "newsletter" in house.suppressed(NEW)


def test_an_erasure_by_an_address_that_came_after_the_backup_finds_her(
    house: House, backup: Callable[[], Callable[[], None]], kari: str
) -> None:
    subscribed(house, kari)
    restore = backup()
    moves(house, kari, NEW)
    house.erases(NEW)
    finishes(house)
    restore()
    assert "erased 1" in replays(house)
    finishes(house)
    assert house.contact(kari) is None and house.tables_naming(kari) == set()
    assert "all" in house.suppressed(kari) and "all" in house.suppressed(NEW)


def test_nobody_writes_to_a_mailbox_that_was_left_after_the_backup(
    house: House, backup: Callable[[], Callable[[], None]], kari: str, ola: str
) -> None:
    subscribed(house, kari, ola)
    restore = backup()
    moves(house, kari, NEW)
    restore()
    assert "moved 1" in replays(house)
    assert house.contact(kari).restricted_at is not None and house.contact(ola).restricted_at is None
    assert house.granted(kari) == {"newsletter"}, "what she said yes to, she said yes to"


def test_whoever_came_and_went_after_the_backup_is_not_brought_in_by_anybody(
    house: House, backup: Callable[[], Callable[[], None]], kari: str
) -> None:
    restore = backup()
    subscribed(house, kari)
    house.erases(kari)
    finishes(house)
    restore()
    assert house.suppressed(kari) == set()
    assert "strangers 1" in replays(house)
    assert house.suppressed(kari) == {"all", "newsletter", "offers", "information"}


def test_an_objection_of_somebody_we_never_knew_comes_back(
    house: House, backup: Callable[[], Callable[[], None]], kari: str
) -> None:
    restore = backup()
    house.opens("objection", kari)
    before = house.suppressed(kari)
    restore()
    assert before == {"newsletter", "offers", "information"} and house.suppressed(kari) == set()
    replays(house)
    assert house.suppressed(kari) == before


def test_a_form_that_nobody_had_worked_on_at_the_backup_is_not_worked_on_afterwards(
    house: House, backup: Callable[[], Callable[[], None]], kari: str
) -> None:
    house.app.test_client().post("/f/nyhetsbrev", data={"email": kari, "name": "Kari", "consent_offers": "1"})
    restore = backup()
    house.work()
    house.erases(kari)
    finishes(house)
    restore()
    house.mailbox.clear()
    replays(house)
    finishes(house)
    assert house.letters(kari) == [] and house.contact(kari) is None
    assert house.tables_naming(kari) == set()


def test_replaying_twice_is_replaying_once(house: House, backup: Callable[[], Callable[[], None]], kari: str) -> None:
    subscribed(house, kari)
    restore = backup()
    house.erases(kari)
    finishes(house)
    restore()
    assert "erased 1" in replays(house)
    assert "new 0" in replays(house)
    with house.app.app_context():
        notes = db.session.scalars(select(AuditEntry.note).where(AuditEntry.action == "replayed_journal")).all()
    assert len(notes) == 2 and "erased 1" in notes[0]


def test_who_subscribed_again_after_her_erasure_stays(house: House, kari: str) -> None:
    subscribed(house, kari)
    house.erases(kari)
    with house.later(minutes=11):
        house.posts(kari)
        house.presses(kari)
        with house.app.app_context():
            db.session.execute(delete(JournalEntry))  # as if the database had never heard of it
            db.session.commit()
        assert "erased 0" in replays(house)
    assert house.contact(kari) is not None and house.granted(kari) == {"newsletter"}


# The clock


@pytest.fixture
def restore(house: House, backup: Callable[[], Callable[[], None]]) -> Callable[[], None]:
    """restore(): the database is as it was before the newest tick."""
    ticks(house)
    before = backup()
    ticks(house)
    return before


def test_a_minute_more_in_the_file_than_in_the_database_is_a_restored_backup(
    house: House, restore: Callable[[], None]
) -> None:
    assert not behind(house)
    restore()
    assert behind(house)
    ticks(house, 5)
    assert behind(house), "the clock must not catch up by itself"
    replays(house, "--anyway")
    assert not behind(house)
    ticks(house)
    assert not behind(house)


def test_a_withdrawal_while_it_waits_does_not_open_the_gate(
    house: House, backup: Callable[[], Callable[[], None]], kari: str, ola: str
) -> None:
    subscribed(house, kari, ola)
    restore = backup()
    ticks(house, 1)
    restore()
    house.withdraw(kari)
    house.withdraw(ola)
    assert behind(house)


def test_a_replay_that_cannot_read_the_lines_opens_nothing_and_says_which_key_it_lacks(
    house: House, app: Flask, backup: Callable[[], Callable[[], None]], kari: str
) -> None:
    subscribed(house, kari)
    restore = backup()
    house.withdraw(kari)
    restore()
    ring = app.extensions["keyring"]
    app.extensions["keyring"] = type(ring)("a-secret-that-somebody-made-anew-0000001", [])
    said = replays(house, code=1)
    assert "broken 1" in said and "SECRET_KEYS_OLD" in said and "--anyway" in said
    assert behind(house) and house.work() == 0
    app.extensions["keyring"] = ring
    assert "withdrawn 1" in replays(house)
    assert not behind(house) and house.granted(kari) == set()


def test_a_replay_without_any_line_opens_nothing_and_says_that_the_files_are_missing(
    house: House, backup: Callable[[], Callable[[], None]], kari: str
) -> None:
    subscribed(house, kari)
    restore = backup()
    house.withdraw(kari)
    restore()
    with house.app.app_context():
        (file,) = lines.files()
    away = file.rename(file.with_suffix(".away"))
    assert "journal-*.jsonl" in replays(house, code=1)
    assert behind(house) and house.work() == 0
    away.rename(file)
    assert "withdrawn 1" in replays(house)
    assert not behind(house) and house.granted(kari) == set()


def test_whoever_knows_better_opens_the_gate_and_that_is_on_record(house: House, restore: Callable[[], None]) -> None:
    with house.app.app_context():
        lines.path().write_text('{"id": "cut off\n')
    restore()
    replays(house, code=1)
    assert behind(house)
    assert "broken 1" in replays(house, "--anyway", code=1), "what it said has still not been done"
    assert not behind(house)
    with house.app.app_context():
        notes = db.session.scalars(select(AuditEntry.note).where(AuditEntry.action == "replayed_journal")).all()
    assert [note.endswith(", opened anyway") for note in notes] == [False, True]


@pytest.mark.one_database
def test_check_says_that_a_backup_was_restored(house: House, backup: Callable[[], Callable[[], None]]) -> None:
    restore = backup()
    ticks(house)
    restore()
    said = house.app.test_cli_runner().invoke(args=["check"])
    assert said.exit_code != 0 and "a backup was restored" in said.output


def check(house: House) -> tuple[int, str]:
    done = house.app.test_cli_runner().invoke(args=["check"])
    return done.exit_code, next(line for line in done.output.splitlines() if line[6:13] == "journal")


def test_check_says_that_the_journal_was_left_behind_with_the_machine(
    house: House, database_kind: str, kari: str
) -> None:
    assert check(house)[1].startswith("ok"), "nothing has been counted yet"
    subscribed(house, kari)
    house.withdraw(kari)
    ticks(house)
    assert check(house)[1].startswith("ok")
    with house.app.app_context():
        gate.file().unlink()
    code, said = check(house)
    assert code == 1 and said.startswith("BAD") and "tick" in said and "flask requests replay" in said
    with house.app.app_context():
        lines.path().unlink()
    code, said = check(house)
    assert "flask requests replay" in said
    if database_kind == "sqlite":
        assert code == 1 and said.startswith("BAD")
    else:
        assert code == 0 and said.startswith("look"), "a second machine begins like this, and nothing is wrong with it"
    assert "journal-*.jsonl" in replays(house, code=1)
    replays(house, "--anyway")
    assert check(house)[1].startswith("ok")


# The lines


@pytest.mark.one_database
def test_lines_name_nobody(house: House, kari: str) -> None:
    subscribed(house, kari)
    house.withdraw(kari)
    house.erases(kari)
    assert [line["op"] for line in written(house)] == ["withdraw", "erase"]
    with house.app.app_context():
        (file,) = lines.files()
        assert file.stat().st_mode & 0o77 == 0
    assert kari not in file.read_text() and "kari" not in file.read_text()


def test_what_is_rolled_back_leaves_no_line(house: House, kari: str) -> None:
    with house.app.app_context():
        journal.note("erase", kari)
        db.session.rollback()
        db.session.commit()
    assert written(house) == []


def test_a_line_whose_transaction_was_lost_is_made_good_by_the_worker(house: House, kari: str, ola: str) -> None:
    subscribed(house, kari, ola)
    with house.app.app_context():
        journal.note("withdraw", kari, "newsletter")
        line = db.session.info.pop("journal")
        lines.append(line)
        journal_jobs.mend()
    assert house.granted(kari) == {"newsletter"}, "it may yet be committed"
    with house.later(minutes=6), house.app.app_context():
        journal_jobs.mend()
        journal_jobs.mend()
    assert house.granted(kari) == set() and house.granted(ola) == {"newsletter"}


# Killed in the middle


def journal_mended(house: House) -> None:
    """What a worker does with the journal six minutes later."""
    with house.later(minutes=6), house.app.app_context():
        journal_jobs.mend()


def test_killed_between_the_line_and_its_commit(house: House, kari: str, ola: str) -> None:
    subscribed(house, kari, ola)
    assert crash.killed(house.app, lambda: house.withdraw(kari), crash.journal) == "line"
    assert house.granted(kari) == {"newsletter"} and [line["op"] for line in written(house)] == ["withdraw"]
    assert not behind(house), "nobody was told that it was done, and nothing is lost"
    journal_mended(house)
    assert house.granted(kari) == set() and house.granted(ola) == {"newsletter"}
    finishes(house)
    assert house.at_mailchimp(kari)[0] == "unsubscribed" and house.at_mailchimp(ola)[0] == "subscribed"


def test_killed_between_the_commit_and_the_stroke_of_the_clock(house: House, kari: str, ola: str) -> None:
    subscribed(house, kari, ola)
    assert crash.killed(house.app, lambda: house.withdraw(kari), crash.journal, 2) == "strike"
    assert house.granted(kari) == set() and not behind(house)
    house.withdraw(ola)
    assert house.granted(ola) == set() and not behind(house)
    assert "new 0" in replays(house)


@pytest.mark.one_database
def test_killed_in_the_middle_of_a_line(house: House, kari: str, ola: str) -> None:
    subscribed(house, kari, ola)
    assert crash.killed(house.app, lambda: house.withdraw(kari), crash.half_lines) == "half a line"
    assert house.granted(kari) == {"newsletter"} and not behind(house)
    house.withdraw(ola)
    with house.app.app_context():
        found = replaying.replay("test")
    assert (found.lines, found.broken, found.new) == (2, 1, 0)
    assert house.granted(kari) == {"newsletter"} and house.granted(ola) == set()


def test_killed_when_it_was_about_to_erase_her_and_mended_before_anybody_went_on(
    house: House, kari: str, ola: str
) -> None:
    subscribed(house, kari, ola)
    number = house.opens("erasure", kari)
    house.work()
    house.approves(number)
    assert crash.killed(house.app, house.work, crash.journal) == "line"
    assert house.contact(kari) is not None and house.at_mailchimp(kari)[0] == "subscribed"
    journal_mended(house)
    with house.later(minutes=7):
        house.work()
    with house.later(minutes=20):
        house.work()
    assert house.state(number) == "completed", house.tasks(number)
    assert house.contact(kari) is None and house.tables_naming(kari) == set()
    assert house.at_mailchimp(kari) == house.at_sandbox(kari) == ("", set())
    assert len(house.mailchimp.asked("POST", "/actions/delete-permanent")) == 1
    assert house.at_mailchimp(ola)[0] == "subscribed"


def test_a_replay_that_is_killed_again_and_again_ends_as_one(
    house: House, backup: Callable[[], Callable[[], None]], kari: str, ola: str
) -> None:
    subscribed(house, kari, ola)
    restore = backup()
    house.erases(kari)
    finishes(house)
    with house.app.app_context():
        own.restrict(Profile(ola), True)
        db.session.commit()
    restore()
    died = []
    for name in crash.lives(house.app, lambda: replays(house), crash.everywhere, lambda: known_lines(house), set()):
        died.append(name)
        if name != "strike":  # the last one of all: the database knows everything by then
            assert behind(house) and house.work() == 0, "nothing leaves before the whole journal is known"
    assert died == ["line", "commit", "line", "commit", "commit", "strike"], "two people, and then the clock"
    assert not behind(house)
    finishes(house)
    assert house.contact(kari) is None and house.at_mailchimp(kari) == ("", set())
    assert house.contact(ola).restricted_at is not None and house.granted(ola) == {"newsletter"}


def known_lines(house: House) -> int:
    with house.app.app_context():
        return db.session.scalar(select(func.count()).select_from(JournalEntry)) or 0


@pytest.mark.one_database
def test_half_a_line_and_forged_lines_are_told_and_harm_nobody(house: House, kari: str, ola: str) -> None:
    subscribed(house, kari, ola)
    with house.app.app_context():
        mac = journal.address_macs(house.app.extensions["keyring"], ola)[0]
        lines.folder().mkdir(exist_ok=True)
        forged = {"id": "1", "at": 1, "op": "erase", "mac": mac, "scope": "", "ref": "", "sign": "0" * 64}
        lines.path().write_text('{"id": "half\n' + json.dumps(forged) + "\n" + '{"id": "cut off')
    house.withdraw(kari)
    with house.app.app_context():
        db.session.execute(delete(JournalEntry))
        db.session.commit()
        found = replaying.replay("test")
    assert (found.broken, found.new, found.erased) == (3, 1, 0)
    assert house.contact(ola) is not None
    assert house.app.test_cli_runner().invoke(args=["requests", "replay"]).exit_code == 1


@pytest.mark.one_database
def test_lines_of_an_older_key_still_count(house: House, app: Flask, kari: str) -> None:
    subscribed(house, kari)
    house.withdraw(kari)
    ring = app.extensions["keyring"]
    app.extensions["keyring"] = type(ring)("another-secret-that-is-long-enough-0001", [app.config["SECRET_KEY"]])
    with house.app.app_context():
        (line,) = [line for file in lines.files() for line, _ in lines.read(file)]
    assert line is not None and line.op == "withdraw"


@pytest.mark.one_database
def test_a_disk_that_takes_no_more_keeps_nobody_from_withdrawing(house: House, app: Flask, kari: str) -> None:
    subscribed(house, kari)
    app.config["JOURNAL_DIR"] = "/dev/null/journal"
    assert house.withdraw(kari, "newsletter") == 1
    with app.app_context(), pytest.raises(OSError, match="journal"):
        own.stop(Profile(kari))
        db.session.commit()
    assert house.suppressed(kari) == {"newsletter"}


@pytest.mark.one_database
def test_two_processes_write_whole_lines(house: House, app: Flask) -> None:
    with app.app_context():
        from app.journal.notes import Line

        many = [Line(f"{number:036}", now(), "withdraw", "m" * 64, "newsletter") for number in range(300)]
    child = os.fork()
    if child == 0:
        with app.app_context():
            for line in many[:150]:
                lines.append([line])
        os._exit(0)
    with app.app_context():
        for line in many[150:]:
            lines.append([line])
    assert os.waitpid(child, 0)[1] == 0
    with app.app_context():
        found = [line for file in lines.files() for line, _ in lines.read(file)]
    assert {line.id for line in found if line} == {line.id for line in many}


@pytest.mark.one_database
def test_nothing_to_do_is_said(house: House) -> None:
    assert replays(house).strip() == Replayed().said()
