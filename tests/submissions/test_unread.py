"""Bodies that nobody understood wait, masked and encrypted, for a person to look at them."""

from datetime import timedelta

import pytest

from app.clock import now
from app.extensions import db
from app.submissions import unread as box
from app.submissions.decode import DecodeError
from app.submissions.models import UnreadBody
from tests.submissions.conftest import SITE

BROKEN = b'{"name": "Kari", "email": "kari@example.no", "message": "Fnr 01129907300", '


@pytest.fixture
def broken(post):
    return post(
        BROKEN, content_type="application/json", headers={"Accept": "text/html", "Referer": f"{SITE}/kontakt?x=1"}
    )


def test_the_visitor_is_told_that_nothing_is_lost(broken) -> None:
    assert broken.status_code == 400
    assert "30" in broken.text


def test_it_is_kept_for_thirty_days_and_says_where_it_came_from(broken, unread) -> None:
    [row] = unread()
    assert row.reason == "json"
    assert row.content_type == "application/json"
    assert timedelta(days=29) < row.expires_at - now() <= timedelta(days=30)
    assert row.context == {"lang": "nb", "network": "127.0.0.0/24", "page_url": f"{SITE}/kontakt"}


def test_it_is_encrypted_and_the_number_that_must_not_be_kept_is_gone(app, broken, unread) -> None:
    [row] = unread()
    assert b"kari@example.no" not in row.sealed
    with app.app_context():
        opened = box.body(row)
    assert b"kari@example.no" in opened
    assert b"01129907300" not in opened
    assert row.masked == ["national_id"]


def test_after_a_mend_it_becomes_a_submission_once(app, broken, unread, kept, worker, mailbox, monkeypatch) -> None:
    [row] = unread()
    with app.app_context(), pytest.raises(DecodeError):
        box.read_again(row.id)
    mended = box.decode
    monkeypatch.setattr(box, "decode", lambda raw, kind: mended(raw.rstrip(b", ") + b"}", kind))
    with app.app_context():
        first = box.read_again(row.id)
        db.session.commit()
    with app.app_context():
        assert box.read_again(row.id) == first
        db.session.commit()
    assert [row.id for row in kept()] == [first]
    assert unread()[0].submission_id == first
    worker()
    assert len(mailbox.to("post@nettsted.example")) == 1


def test_what_the_form_still_cannot_take_says_which_fields(app, post, unread, monkeypatch) -> None:
    post(b'{"name": "Kari", ', content_type="application/json")
    mended = box.decode
    monkeypatch.setattr(box, "decode", lambda raw, kind: mended(raw.rstrip(b", ") + b"}", kind))
    with app.app_context(), pytest.raises(box.StillUnread) as refused:
        box.read_again(unread()[0].id)
    assert refused.value.fields == ["email"]


def test_after_thirty_days_it_is_forgotten(app, broken, unread) -> None:
    with app.app_context():
        db.session.query(UnreadBody).update({"expires_at": now() - timedelta(seconds=1)})
        box.tidy()
        db.session.commit()
    assert unread() == []


def test_an_empty_body_is_not_worth_keeping(post, unread) -> None:
    assert post(b"", content_type="application/json").status_code == 400
    assert unread() == []


@pytest.mark.settings(INTAKE_BOX_PER_MINUTE="2")
def test_nobody_can_fill_the_box(post, unread) -> None:
    answers = [post(b"{", content_type="application/json").status_code for _ in range(4)]
    assert answers == [400, 400, 429, 429]
    assert len(unread()) == 2
