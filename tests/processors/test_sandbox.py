"""The sandbox keeps the contract, and its one file is safe in many hands."""

from __future__ import annotations

import json
import multiprocessing
import sqlite3
import stat
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.processors.base import Retry
from app.processors.sandbox import Sandbox
from tests.processors.contract import Contract
from tests.processors.people import NOON, kari, met, profile


class TestSandbox(Contract):
    @pytest.fixture
    def processor(self, sandbox: Sandbox) -> Sandbox:
        self.sandbox = sandbox
        return sandbox

    def raw(self, address: str) -> bytes:
        shown = self.sandbox.export(profile(address))
        return json.dumps(shown).encode() if shown else b""

    def leave(self, address: str, at: datetime) -> None:
        self.sandbox.leave(address, at)

    def test_whoever_left_there_comes_back_by_a_younger_consent(self, processor: Sandbox) -> None:
        processor.push(kari("newsletter"))
        self.leave("kari@example.no", NOON + timedelta(hours=1))
        processor.push(met(kari()))
        fresh = met(kari("newsletter", since=NOON + timedelta(hours=2)))
        assert processor.push(fresh).state == "subscribed"

    def test_whoever_came_back_for_one_purpose_can_withdraw_it_again(self, processor: Sandbox) -> None:
        processor.push(kari("offers"))
        self.leave("kari@example.no", NOON + timedelta(hours=1))
        fresh = kari("newsletter", since=NOON + timedelta(hours=2)).consents["newsletter"]
        both = {**kari("offers").consents, "newsletter": fresh}
        processor.push(replace(met(kari()), consents=both))
        processor.push(met(kari("offers")))
        assert processor.export(kari())["tags"] == ["offers"]

    def test_a_consent_without_a_date_brings_nobody_back(self, processor: Sandbox) -> None:
        processor.push(kari("newsletter"))
        self.leave("kari@example.no", NOON)
        dateless = {"newsletter": replace(kari("newsletter").consents["newsletter"], since=None)}
        assert processor.push(replace(met(kari()), consents=dateless)).state == "unsubscribed"

    def test_an_empty_value_does_not_wipe_what_is_there(self, processor: Sandbox) -> None:
        processor.push(replace(kari("newsletter"), company="Vevstua"))
        processor.push(met(kari("newsletter")))
        assert processor.export(kari())["company"] == "Vevstua"

    def test_an_erased_address_is_in_no_byte_of_the_files(self, processor: Sandbox, tmp_path: Path) -> None:
        processor.push(kari("newsletter"))
        processor.erase(met(kari()))
        assert [f.name for f in tmp_path.iterdir() if b"kari@" in f.read_bytes()] == []

    def test_only_the_owner_reads_the_file(self, processor: Sandbox, tmp_path: Path) -> None:
        assert stat.S_IMODE((tmp_path / "sandbox.sqlite").stat().st_mode) == 0o600

    def test_many_members_come_page_by_page(self, processor: Sandbox) -> None:
        rows = [(f"member{n:05}@example.no",) for n in range(2500)]
        with sqlite3.connect(processor._path) as db:
            insert = "INSERT INTO member VALUES (?, 'subscribed', 'nb', '', '', '', '', NULL, NULL, NULL, NULL)"
            db.executemany(insert, rows)
        assert sum(1 for _ in processor.members()) == 2501


def test_a_file_that_cannot_be_opened_is_a_retry(tmp_path: Path) -> None:
    with pytest.raises(Retry, match="SQLITE_CANTOPEN"):
        Sandbox(tmp_path).push(kari("newsletter"))


def test_threads_and_processes_share_one_new_file(tmp_path: Path) -> None:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as processes:
        for path in [tmp_path / str(number) / "sandbox.sqlite" for number in range(10)]:
            list(processes.map(_push_twenty, [(path, "a"), (path, "b")]))
            assert sum(member.subscribed for member in Sandbox(path).members()) == 40


def _push_twenty(work: tuple[Path, str]) -> None:
    path, prefix = work
    sandbox = Sandbox(path)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(sandbox.push, [profile(f"{prefix}{n}@example.no", "newsletter") for n in range(20)]))
