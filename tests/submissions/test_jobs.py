"""What the worker makes of a submission."""

import time
from datetime import timedelta

import time_machine
from sqlalchemy import select, update

from app import outbox
from app.clock import now
from app.consent import jobs as consent_jobs
from app.consent import throttle
from app.consent.models import Confirmation
from app.contacts.models import Contact
from app.extensions import db
from app.outbox.models import OutboxRow
from app.submissions import jobs, service
from app.submissions.models import Submission
from tests.submissions.conftest import AGED, CLOSED, KARI, MINIMAL, load


def values(app, address: str) -> dict[str, tuple[str, str]]:
    with app.app_context():
        contact = db.session.scalars(select(Contact).where(Contact.address == address)).one()
        return {value.field: (value.value, value.source) for value in contact.values}


def change(app, **columns) -> None:
    with app.app_context():
        db.session.execute(update(Submission).values(**columns))
        db.session.commit()


def test_the_person_is_met_and_every_value_names_where_it_came_from(app, post, kept, worker) -> None:
    post({**KARI, "phone": "412 34 567"})
    worker()
    [row] = kept()
    source = f"submission:{row.id}"
    assert values(app, "kari@example.no") == {"name": ("Kari Nordmann", source), "phone": ("+4741234567", source)}
    assert row.answers["phone"] == "412 34 567"
    assert row.processed_at
    assert row.contact_id


def test_a_form_that_anyone_can_send_replaces_nothing(app, post, worker) -> None:
    post()
    post({**KARI, "name": "Ikke Kari", "message": "Noe annet"})
    worker()
    assert values(app, "kari@example.no")["name"][0] == "Kari Nordmann"


def test_when_the_mailbox_is_shown_to_be_hers_she_may_correct_it(app, post, worker, mailbox, client, kari) -> None:
    post()
    post({**KARI, "name": "Kari Hansen", "nyhetsbrev": "1"})
    worker()
    link = mailbox.link("/confirm/", to=kari)
    client.post(link.removeprefix("http://localhost"))
    worker()
    assert values(app, kari)["name"][0] == "Kari Hansen"


def test_staff_are_told_and_can_answer_by_pressing_reply(post, worker, mailbox) -> None:
    post({**KARI, "message": "Kortet er 4111 1111 1111 1111", "nyhetsbrev": "1"})
    worker()
    [letter] = mailbox.to("post@nettsted.example")
    body = letter.get_body(("plain",)).get_content()
    assert letter["Reply-To"] == "kari@example.no"
    assert "Kari Nordmann" in body
    assert "4111" not in body
    assert "Nyhetsbrev" in body
    assert letter["List-Unsubscribe"] is None


def test_a_row_that_our_intake_did_not_write_is_refused(app, post, worker, mailbox, kept) -> None:
    post({**KARI, "nyhetsbrev": "1"})
    change(app, address="ola@example.no")
    worker()
    assert len(mailbox) == 0
    assert kept()[0].processed_at is None
    with app.app_context():
        [work] = db.session.scalars(select(OutboxRow).where(OutboxRow.kind == "submission.process"))
        assert work.failed_at
        assert "example.no" not in work.error


def test_every_part_of_a_row_that_matters_is_covered(app, post, kept) -> None:
    from app.submissions import record

    post({**KARI, "nyhetsbrev": "1"})
    forgeries = {
        "address": "ola@example.no",
        "answers": {},
        "asked": {"offers": "x"},
        "lang": "en",
        "network": "203.0.113.0/24",
        "user_agent": "x",
        "page_url": "x",
        "render": "verified",
        "received_at": now() - timedelta(days=1),
        "dedupe": "x",
        "body_hash": "x",
        "version_id": 99,
        "form_id": 99,
        "masked": ["x"],
        "id": 1,
    }
    with app.app_context():
        assert record.genuine(kept()[0])
        for name, value in forgeries.items():
            [row] = kept()
            setattr(row, name, value)
            assert not record.genuine(row), name


def test_a_row_is_genuine_after_the_key_was_changed(app, post, kept) -> None:
    from app.crypto import Keyring
    from app.submissions import record

    post()
    app.extensions["keyring"] = Keyring("a-new-secret-0123456789-0123456789-ab", [app.config["SECRET_KEY"]])
    with app.app_context():
        assert record.genuine(kept()[0])


def test_doing_it_twice_is_doing_it_once(app, post, worker, mailbox, kept) -> None:
    post({**KARI, "nyhetsbrev": "1"})
    worker()
    before = len(mailbox)
    with app.app_context():
        jobs.process(str(kept()[0].id))
    worker()
    assert len(mailbox) == before


FORGETFUL = (MINIMAL + AGED + CLOSED).replace("    notify: [post@nettsted.example]\n", "    forget_unconfirmed: true\n")


def expire(app, days: int) -> None:
    """So many days later, the nightly work is done."""
    with time_machine.travel(time.time() + days * 24 * 3600):
        for nightly in (consent_jobs.expire, outbox.drain, jobs.tidy):
            with app.app_context():
                nightly()


def test_a_form_for_consent_alone_forgets_who_never_confirmed(app, post, worker, kept, kari) -> None:
    load(app, FORGETFUL)
    post({**KARI, "nyhetsbrev": "1"})
    worker()
    expire(app, 9)
    assert kept() == []
    with app.app_context():
        assert db.session.scalars(select(Contact)).all() == []


def test_who_confirmed_is_not_forgotten(app, post, worker, kept, kari, mailbox, client) -> None:
    load(app, FORGETFUL)
    post({**KARI, "nyhetsbrev": "1"})
    worker()
    client.post(mailbox.link("/confirm/", to=kari).removeprefix("http://localhost"))
    worker()
    expire(app, 9)
    assert len(kept()) == 1


def test_nobody_is_remembered_because_many_others_confirmed(
    app, post, worker, kept, mailbox, client, monkeypatch
) -> None:
    load(app, FORGETFUL)
    monkeypatch.setattr(service, "SOME", 2)
    for number in range(3):
        address = f"nils{number}@example.no"
        post({**KARI, "email": address, "message": f"Hei {number}", "nyhetsbrev": "1"})
        worker()
        client.post(mailbox.link("/confirm/", to=address).removeprefix("http://localhost"))
    monkeypatch.setattr(throttle, "refused", lambda *_, **__: True)
    post({**KARI, "nyhetsbrev": "1"})  # no letter leaves, so none runs out either
    worker()
    with time_machine.travel(time.time() + 40 * 24 * 3600), app.app_context():
        consent_jobs.tidy()  # the links that were pressed
        assert db.session.scalars(select(Confirmation)).all() == []
    assert len(kept()) == 4
    expire(app, 41)
    assert sorted(row.address for row in kept()) == [f"nils{number}@example.no" for number in range(3)]


def test_a_message_stays_when_only_the_consent_in_it_was_not_confirmed(app, post, worker, kept) -> None:
    post({**KARI, "nyhetsbrev": "1"})
    worker()
    expire(app, 9)
    [row] = kept()
    assert row.contact_id


def test_spam_is_gone_after_thirty_days_and_not_before(app, post, kept) -> None:
    post({**KARI, "_gotcha": "x"})
    expire(app, 29)
    assert len(kept()) == 1
    expire(app, 31)
    assert kept() == []
