"""A copy of what was sent, in the company's mailbox. Gmail is emulate's."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from app import outbox
from app.admin import service as accounts
from app.clock import EPOCH
from app.extensions import db
from app.outbox.models import OutboxRow
from app.processors import active
from app.submissions import jobs
from app.submissions.models import Submission
from tests.processors.people import kari as person
from tests.processors.people import met
from tests.processors.test_google_gmail import Box
from tests.submissions.conftest import KARI
from tests.support.gmail import connect
from tests.support.google_emulate import MAILBOX, Emulate
from tests.support.google_server import Answer, GoogleServer


@pytest.fixture
def box(emulate: Emulate, app: Flask, google_server: GoogleServer) -> Box:
    """Gmail is on, and the mailbox is empty."""
    connect(app, google_server)
    found = Box(emulate.url)
    found.empty()
    return found


def copying(app: Flask) -> list[str]:
    """Lanes of copies that were ever asked for."""
    with app.app_context():
        return list(db.session.scalars(select(OutboxRow.lane).where(OutboxRow.kind == "submission.copy")))


def read(box: Box, id: str) -> Any:
    return message_from_bytes(box.raw(id), policy=default)


def test_a_submission_lies_in_the_mailbox_under_the_label_of_its_form(
    post: Callable[..., Any], worker: Callable[[], int], box: Box, kept: Callable[[], list[Submission]]
) -> None:
    post()
    worker()
    [id] = box.ids()
    assert {"Samtykke/kontakt", "INBOX", "UNREAD"} <= box.labels(id)
    mail = read(box, id)
    assert (mail["To"], mail["Reply-To"]) == (MAILBOX, KARI["email"])
    assert mail["Message-ID"] == mail["X-Samtykke"] == f"<submission-{kept()[0].id}@localhost>"
    text = mail.get_body(("plain",)).get_content()
    assert KARI["message"] in text and f"/admin/submissions/{kept()[0].id}" in text
    assert mail["Date"].datetime == kept()[0].received_at.replace(microsecond=0)


def test_it_is_copied_once_however_often_the_work_is_done(
    app: Flask, post: Callable[..., Any], worker: Callable[[], int], box: Box, kept: Callable[[], list[Submission]]
) -> None:
    post()
    worker()
    for _ in range(2):
        with app.app_context():
            jobs.copy(str(kept()[0].id))
    assert len(box.ids()) == 1


def test_an_answer_that_was_lost_makes_no_second_copy(
    app: Flask, post: Callable[..., Any], worker: Callable[[], int], box: Box, google_server: GoogleServer
) -> None:
    post()
    google_server.fail(Answer(500, acted=True), "POST", "/messages")
    worker()
    with app.app_context():
        db.session.execute(update(OutboxRow).values(run_at=EPOCH))
        db.session.commit()
    worker()
    assert len(box.ids()) == 1


def test_spam_is_not_copied_until_somebody_says_that_it_is_none(
    app: Flask, post: Callable[..., Any], worker: Callable[[], int], box: Box
) -> None:
    post({**KARI, "_gotcha": "x"})
    worker()
    assert box.ids() == [] and copying(app) == []
    with app.app_context():
        accounts.move(db.session.scalars(select(Submission)).one(), "accepted")
        db.session.commit()
    worker()
    assert len(box.ids()) == 1


@pytest.mark.parametrize("fate", ["removed", "moved to spam"])
def test_what_is_gone_before_its_turn_is_not_copied(
    app: Flask, post: Callable[..., Any], worker: Callable[[], int], box: Box, fate: str
) -> None:
    with app.app_context():
        outbox.hold("gmail")
        db.session.commit()
    post()
    worker()
    assert box.ids() == [] and len(copying(app)) == 1
    with app.app_context():
        gone = delete(Submission) if fate == "removed" else update(Submission).values(box="spam")
        db.session.execute(gone)
        outbox.release("gmail")
        db.session.commit()
    worker()
    assert box.ids() == []


def test_trouble_at_gmail_holds_up_nothing_else(
    app: Flask, post: Callable[..., Any], worker: Callable[[], int], box: Box, google_server: GoogleServer, mailbox: Any
) -> None:
    google_server.fail(Answer(503), "POST", "/token", times=9)
    post()
    worker()
    assert len(mailbox) == 1
    with app.app_context():
        rows = db.session.scalars(select(OutboxRow).where(OutboxRow.error != "")).all()
        assert [(row.kind, row.lane.partition(":")[0]) for row in rows] == [("submission.copy", "gmail")]
        assert "example.no" not in rows[0].error


def test_without_gmail_nothing_is_asked_for(app: Flask, post: Callable[..., Any], worker: Callable[[], int]) -> None:
    post()
    worker()
    assert copying(app) == []


def test_the_copy_is_known_as_ours_when_she_wants_to_be_forgotten(
    app: Flask, post: Callable[..., Any], worker: Callable[[], int], box: Box
) -> None:
    post()
    worker()
    with app.app_context():
        gmail = active()["gmail"]
        assert [held.kind for held in gmail.find(person())] == ["copy"]
        assert gmail.erase(met(person())).state == "pending"
        assert [held.kind for held in gmail.find(person())] == ["trash"]
