"""Plugins that come and go: the change is seen, stands on the page, and waits for a human's look."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.extensions import db
from app.i18n import speaking
from app.processors.base import Processor, Retry
from app.sync import links
from app.sync.coverage import jobs, service
from app.sync.coverage.service import Change
from app.sync.links import Unknown
from app.sync.models import ProcessorCoverage

BEFORE: dict[str, Any] = {
    "wordpress": "6.8",
    "plugins": {"samtykke": "1.0.0", "flamingo": "2.5", "shop": "1.0", "clock": "1.0"},
    "exporters": {"wordpress-comments": "", "shop-orders": "shop"},
    "erasers": {"wordpress-comments": "", "shop-orders": "shop"},
    "silent": ["clock", "flamingo"],
}


class Plugged(Processor):
    """A processor with plugins, which says what it is told to."""

    name = "wordpress"

    def __init__(self, says: dict[str, Any]) -> None:
        self.says: dict[str, Any] | Exception = says

    def coverage(self) -> dict[str, Any]:
        if isinstance(self.says, Exception):
            raise self.says
        return self.says

    def ping(self) -> str:
        return "it answers"


@pytest.fixture
def plugged(app: Flask) -> Plugged:
    fake = Plugged(BEFORE)
    app.extensions["processors"] = {"wordpress": fake}
    return fake


@pytest.fixture
def read(app: Flask, plugged: Plugged) -> Callable[[dict[str, Any]], list[Change]]:
    """read(says) reads what the plugins say now, after BEFORE was accepted, and returns what has changed."""

    def reading(says: dict[str, Any]) -> list[Change]:
        with app.app_context():
            plugged.says = says
            jobs.read("wordpress")
            return service.changes("wordpress")

    assert reading(BEFORE) == []
    return reading


def test_before_the_first_reading_nobody_may_be_erased(app: Flask, plugged: Plugged) -> None:
    with app.app_context():
        assert [change.kind for change in service.changes("wordpress")] == ["unread"]
        assert service.fingerprint("wordpress") == ""


def test_a_processor_without_plugins_never_changes(app: Flask) -> None:
    with app.app_context():
        assert service.coverage_changed("sandbox") == []
        jobs.read("sandbox")
        assert db.session.scalars(select(ProcessorCoverage)).all() == []


@pytest.mark.parametrize(
    ("says", "kind", "what"),
    [
        (
            {"plugins": {**BEFORE["plugins"], "raffle": "1"}, "erasers": {**BEFORE["erasers"], "r": "raffle"}},
            "new",
            "raffle",
        ),
        (
            {"plugins": {**BEFORE["plugins"], "raffle": "1"}, "silent": ["clock", "flamingo", "raffle"]},
            "new_silent",
            "raffle",
        ),
        ({"plugins": {"samtykke": "1.0.0", "flamingo": "2.5", "shop": "1.0"}, "silent": ["flamingo"]}, "gone", "clock"),
        ({"silent": ["clock", "flamingo", "shop"]}, "silent", "shop"),
        ({"erasers": {"wordpress-comments": ""}}, "eraser", "shop-orders"),
        ({"erasers": []}, "eraser", "shop-orders"),
        ({"exporters": {"wordpress-comments": ""}}, "exporter", "shop-orders"),
    ],
)
def test_a_change_is_seen_and_said_in_plain_words(
    app: Flask, read: Callable[[dict[str, Any]], list[Change]], says: dict[str, Any], kind: str, what: str
) -> None:
    assert Change(kind, what) in read({**BEFORE, **says})
    with app.app_context(), speaking("en"):
        assert any(what in text for text in service.coverage_changed("wordpress"))


@pytest.mark.parametrize(
    "says",
    [
        {"plugins": {**BEFORE["plugins"], "shop": "2.0"}},
        {"wordpress": "6.9"},
        {"erasers": {**BEFORE["erasers"], "more": "shop"}},
    ],
)
def test_an_update_and_one_more_eraser_are_no_reason_to_stop(
    read: Callable[[dict[str, Any]], list[Change]], says: dict[str, Any]
) -> None:
    assert read({**BEFORE, **says}) == []


def test_a_fingerprint_moves_with_plugins_and_not_with_versions(
    app: Flask, read: Callable[[dict[str, Any]], list[Change]]
) -> None:
    def fingerprint() -> str:
        with app.app_context():
            return service.fingerprint("wordpress")

    first = fingerprint()
    read({**BEFORE, "plugins": {**BEFORE["plugins"], "shop": "2.0"}})
    assert fingerprint() == first
    read({**BEFORE, "erasers": {"wordpress-comments": ""}})
    assert len(fingerprint()) == 64
    assert fingerprint() != first


def test_what_was_looked_at_is_accepted_and_written_down(
    app: Flask, read: Callable[[dict[str, Any]], list[Change]]
) -> None:
    read({**BEFORE, "plugins": {**BEFORE["plugins"], "raffle": "1"}})
    with app.app_context():
        assert service.accept("wordpress", service.fingerprint("wordpress"), "staff:1")
        db.session.commit()
        assert service.coverage_changed("wordpress") == []
        [entry] = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "accepted_coverage"))
        assert (entry.actor, entry.object, entry.note) == ("staff:1", "processor:wordpress", "new raffle")


def test_what_changed_since_the_page_was_shown_is_not_accepted(
    app: Flask, read: Callable[[dict[str, Any]], list[Change]]
) -> None:
    with app.app_context():
        shown = service.fingerprint("wordpress")
    read({**BEFORE, "erasers": {}})
    with app.app_context():
        assert not service.accept("wordpress", shown, "staff:1")
        assert service.coverage_changed("wordpress")


def test_what_was_never_read_cannot_be_accepted(app: Flask) -> None:
    with app.app_context(), pytest.raises(Unknown):
        service.accept("wordpress", "", "staff:1")


def test_a_plugin_that_goes_away_again_leaves_no_finding(read: Callable[[dict[str, Any]], list[Change]]) -> None:
    assert read({**BEFORE, "plugins": {**BEFORE["plugins"], "raffle": "1"}})
    assert read(BEFORE) == []


def test_a_test_of_the_connection_reads_the_plugins_too(
    app: Flask, plugged: Plugged, worker: Callable[[], int]
) -> None:
    with app.app_context():
        links.test("wordpress", "staff:1")
        db.session.commit()
    worker()
    with app.app_context():
        row = service.get("wordpress")
        assert row and row.seen["silent"] == ["clock", "flamingo"]


def test_every_night_all_of_them_are_read(app: Flask, plugged: Plugged, worker: Callable[[], int]) -> None:
    with app.app_context():
        jobs.read_coverage()
    worker()
    with app.app_context():
        assert service.coverage_changed("wordpress") == []
        assert service.get("wordpress") is not None


def test_a_processor_that_is_away_keeps_what_was_read(
    app: Flask, plugged: Plugged, read: Callable[[dict[str, Any]], list[Change]]
) -> None:
    plugged.says = Retry("WordPress answered 503")
    with app.app_context():
        with pytest.raises(Retry):
            jobs.read("wordpress")
        db.session.rollback()
        assert service.coverage_changed("wordpress") == []
        row = service.get("wordpress")
        assert row and row.seen["plugins"] == BEFORE["plugins"]
