"""The database is away: forms are told to come back, a withdrawal is kept on disk and carried out later."""

from contextlib import contextmanager

import pytest
from sqlalchemy import event
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app import outbox
from app.consent import jobs, spool
from app.extensions import db
from tests.flows.steps import consent

REFUSED = OperationalError("SELECT", {}, Exception("connection refused"))
CUT_OFF = InterfaceError("SELECT", {}, Exception("connection already closed"))
ALL_TAKEN = PoolTimeout("QueuePool limit reached")


@contextmanager
def away(app, error=REFUSED):
    """Every statement fails as it does when nobody answers at the other end."""

    def refuse(*_):
        raise error

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", refuse)


@pytest.mark.parametrize("error", [REFUSED, CUT_OFF, ALL_TAKEN])
def test_a_withdrawal_is_kept_on_disk_and_carried_out_later(app, client, kari_herself, error):
    kari_herself.subscribes()
    link = kari_herself.unsubscribe_link()
    with away(app, error):
        answer = client.post(link, data={"List-Unsubscribe": "One-Click"})
        again = client.post(link, data={"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, again.status_code) == (202, 202)
    assert consent(app, kari_herself.address) == "confirmed"
    with app.app_context():
        assert len(list(spool.waiting())) == 1
        jobs.apply_spool()
        assert list(spool.waiting()) == []
    assert consent(app, kari_herself.address) == "withdrawn"


@pytest.mark.parametrize(
    "content", ["", '{"token": "v1.AAAAAA.e30.AAAA", "method": "one_click"}'], ids=["torn", "no key"]
)
def test_a_file_that_cannot_be_read_holds_up_nobody_else(app, client, kari_herself, monkeypatch, content):
    kari_herself.subscribes()
    with away(app):
        client.post(kari_herself.unsubscribe_link())
    with app.app_context():
        broken = spool.folder() / "broken.json"
        broken.write_text(content)
        good = [path for path in spool.waiting() if path != broken]
        monkeypatch.setattr(spool, "waiting", lambda: iter([broken, *good]))
        with pytest.raises(outbox.Rejected, match="cannot be read: 1"):
            jobs.apply_spool()
        assert not good[0].exists() and broken.exists()
    assert consent(app, kari_herself.address) == "withdrawn"


def test_a_wish_of_somebody_forgotten_since_holds_up_nobody_else(app, client, kari_herself, ola_himself, monkeypatch):
    from app.contacts.service import find, forget

    people = (kari_herself.subscribes(), ola_himself.subscribes())
    files = []
    for one in people:
        with away(app):
            assert client.post(one.unsubscribe_link()).status_code == 202
        with app.app_context():
            files += [path for path in spool.waiting() if path not in files]
    with app.app_context():
        forget(find(ola_himself.address))
        db.session.commit()
        monkeypatch.setattr(spool, "waiting", lambda: iter(files[::-1]))
        jobs.apply_spool()
    assert not any(path.exists() for path in files)
    assert consent(app, kari_herself.address) == "withdrawn"


def test_what_lies_in_the_spool_is_for_nobody_else_on_the_machine(app, client, kari_herself):
    kari_herself.subscribes()
    with away(app):
        client.post(kari_herself.unsubscribe_link())
    with app.app_context():
        assert spool.folder().stat().st_mode & 0o077 == 0


def test_what_lies_in_the_spool_names_nobody(app, client, kari_herself):
    kari_herself.subscribes()
    link = kari_herself.unsubscribe_link()
    with away(app):
        client.post(link)
    with app.app_context():
        (file,) = spool.waiting()
    assert kari_herself.address not in file.read_text()


def test_a_forged_link_is_not_kept(app, client, demo):
    with away(app):
        assert client.post("/u/v1.AAAAAA.e30.AAAA").status_code in {404, 503}
    with app.app_context():
        assert list(spool.waiting()) == []


def test_when_not_even_the_disk_takes_it_nobody_is_told_that_it_was_received(app, client, kari_herself, tmp_path):
    kari_herself.subscribes()
    link = kari_herself.unsubscribe_link()
    blocked = tmp_path / "a-file"
    blocked.write_text("")
    app.config["SPOOL_DIR"] = str(blocked)
    with away(app):
        assert client.post(link).status_code == 503


def test_the_page_tells_a_person_to_come_back(app, client, kari_herself):
    kari_herself.subscribes()
    link = kari_herself.unsubscribe_link()
    with away(app):
        answer = client.get(link)
    assert answer.status_code == 503 and answer.headers["Retry-After"]


def test_a_form_is_told_to_come_back(app, client, demo, kari):
    with away(app):
        answer = client.post("/f/nyhetsbrev", data={"email": kari, "consent_newsletter": "1"})
    assert answer.status_code == 503 and answer.headers["Retry-After"]
