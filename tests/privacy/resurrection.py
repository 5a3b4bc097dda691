"""Everything that could bring somebody back who has been erased: what came in comes again, and a few new things do."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import format_datetime
from urllib.parse import urlencode

from sqlalchemy import delete, select, update

from app import outbox, tokens
from app.arrivals import service as arrivals
from app.billing import service as billing
from app.billing.models import StripeCustomer
from app.clock import now
from app.consent import jobs as consent_jobs
from app.consent import spool
from app.contacts import find
from app.crypto import keyring
from app.extensions import db
from app.letters.models import Letter
from app.outbox.models import OutboxRow
from app.submissions.models import UnreadBody
from app.sync.models import ReceivedNotice
from tests.privacy.everywhere import NEWS, Everywhere
from tests.processors.test_google_gmail import letter, proven
from tests.support.mailchimp_server import AUDIENCE
from tests.support.mailchimp_store import member_id
from tests.support.wordpress.site import KEYS
from tests.sync.test_mail import bounce
from tests.sync.world import Webhook
from tests.webhooks.test_wordpress import ERASE, EXPORT, PING, about, signed

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Past:
    """What was ever heard of a person, kept so that it can be heard again."""

    def __init__(self, world: Everywhere, address: str) -> None:
        self.world, self.address, self.customer = world, address, world.customers[address]
        moved = {"old_email": address, "new_email": address, "new_id": "1"}
        kinds: tuple[tuple[str, dict[str, str]], ...] = (
            ("subscribe", {}),
            ("profile", {}),
            ("upemail", moved),
            ("unsubscribe", {}),
        )
        self.mailchimp: list[Webhook] = [world.news(kind, address, **more) for kind, more in kinds]
        self.wordpress = [
            (path, body, signed(path, body, key="first", secret=KEYS["first"]))
            for path, body in ((PING, "{}"), (EXPORT, about(address)), (ERASE, about(address)))
        ]
        with world.app.app_context():
            contact = find(address)
            assert contact
            hers = select(Letter.message_id).where(Letter.contact_id == contact.id)
            self.subject, self.letters = contact.subject, list(db.session.scalars(hers))


def news_of_mailchimp(past: Past) -> None:
    world = past.world
    forgets_what_it_has_heard(world)
    for hook in [*past.mailchimp, *past.mailchimp]:
        assert world.deliver(hook) == 200
    fresh = {"type": "subscribe", "fired_at": "2026-11-22 12:00:00", "data[list_id]": AUDIENCE, "data[id]": "x"}
    world.deliver((FORM, urlencode({**fresh, "data[email]": past.address}).encode()))


def forgets_what_it_has_heard(world: Everywhere) -> None:
    """All of it is news again."""
    with world.app.app_context():
        db.session.execute(delete(ReceivedNotice))
        db.session.commit()


def events_of_stripe(past: Past) -> None:
    world = past.world
    for id_ in (f"evt_{past.customer}", "evt_new"):
        assert world.shop.tell("customer.updated", past.customer, id=id_) == 200
    again = world.stripe.customer(past.address)  # somebody at Stripe writes her down once more
    world.shop.tell("customer.created", again)
    with world.app.app_context():
        billing.match_soon()
        billing.catch_up_soon()
        billing.read_soon(past.customer)
        db.session.commit()
    world.finishes()
    with world.app.app_context():
        rows = db.session.scalars(select(StripeCustomer).where(StripeCustomer.id.in_([past.customer, again])))
        assert [(row.contact_id, row.address_mac) for row in rows if row.address_mac or row.contact_id] == []


def letters_in_the_mailbox(past: Past) -> None:
    """She writes once more that she wants to leave, and an old letter of ours comes back."""
    leave = letter(past.address, text="Avmeld meg", Date=format_datetime(now()))
    past.world.box.put(proven(leave, past.address))
    for name in past.letters:
        past.world.box.put(bounce(name, past.address))
    past.world.reads_mail()


def calls_of_wordpress(past: Past) -> None:
    """The plugin asks what we hold, and an administrator presses that she be erased: she gets a link, and no more."""
    world, client = past.world, past.world.app.test_client()
    forgets_what_it_has_heard(world)
    for path, body, headers in past.wordpress:
        assert client.post(path, data=body, headers=headers).status_code == 200
        assert client.post(path, data=body, headers=headers).status_code == 401, "heard before"
    world.finishes()
    assert world.mailbox.link("/privacy/", to=past.address) and len(world.mailbox.to(past.address)) == 1
    world.mailbox.clear()


def an_old_list(past: Past) -> None:
    world = past.world
    number = world.waits_with_a_list(past.address, "ola@example.no")
    with world.app.app_context():
        run = db.session.get_one(world.run, number)
        assert run.preview.get("suppressed:left_alone") == 1
        run.unproven = True
        assert arrivals.go(run)
        db.session.commit()


def lists_on_which_she_stands_again(past: Past) -> None:
    """By hands that are not ours, and brought along as when we began. Staff are told, and take her off by hand."""
    world, directory, people = past.world, past.world.google.store.directory, past.world.google.store.people
    world.mailchimp.store.joins(world.mailchimp.audience, past.address)
    directory.insert(NEWS, {"email": past.address})
    group = next(name for name, title in people.groups.items() if title == "Nyhetsbrev")
    hers = people.create({"emailAddresses": [{"value": past.address}]})["resourceName"]
    people.modify(group, {"resourceNamesToAdd": [hers]})
    assert flask(world, "import", "mailchimp", "--yes", "--vouched-by", "Astrid")
    world.finishes()
    assert world.contact(past.address) is None
    assert flask(world, "drift", "--mend").count("of whom 1 are to be left alone") == 3
    world.finishes()
    assert world.contact(past.address) is None
    world.mailchimp.store.forget(world.mailchimp.audience, member_id(past.address))
    directory.delete(NEWS, past.address)
    people.delete(hers)


def everybody_is_told(past: Past) -> None:
    assert flask(past.world, "sync", "all")
    past.world.finishes()
    assert flask(past.world, "drift", "--mend")


def flask(world: Everywhere, *words: str) -> str:
    done = world.app.test_cli_runner().invoke(args=list(words))
    assert done.exit_code == 0, done.output
    return str(done.output)


def all_work_there_ever_was(past: Past) -> None:
    """As staff press the button on every row, and as a worker that died at each of them."""
    with past.world.app.app_context():
        rows = db.session.execute(select(OutboxRow.kind, OutboxRow.ref, OutboxRow.lane).distinct()).all()
        for kind, ref, lane in rows:
            outbox.enqueue(kind, ref, lane=lane)
        failed = update(OutboxRow).where(OutboxRow.done_at.is_not(None))
        assert db.session.execute(failed.values(failed_at=OutboxRow.done_at, done_at=None)).rowcount  # type: ignore[attr-defined]
        db.session.commit()
        ids = list(db.session.scalars(select(OutboxRow.id).where(OutboxRow.failed_at.is_not(None))))
        assert all(outbox.retry(id_) for id_ in ids)
        db.session.commit()
    done = {"sync.push", "submission.process", "submission.copy", "letter.send", "consent.follow", "sync.inbox"}
    assert {row.kind for row in rows} >= done


def old_links(past: Past) -> None:
    """One lies in the spool, others are pressed."""
    client = past.world.app.test_client()
    with past.world.app.app_context():
        token = tokens.sign(keyring(), "unsubscribe", [past.subject, "*", "nb", "fjordlys"])
        spool.keep(token, "one_click")
        consent_jobs.apply_spool()
        assert list(spool.waiting()) == []
    assert client.post(f"/u/{token}").status_code < 500
    assert client.post("/lost", data={"email": past.address}).status_code < 500


def a_body_that_nobody_could_read(past: Past) -> None:
    """It would have been read again by now."""
    with past.world.app.app_context():
        assert db.session.scalars(select(UnreadBody)).all() == []


Wave = Callable[[Past], None]
WAVES: tuple[Wave, ...] = (
    news_of_mailchimp,
    events_of_stripe,
    letters_in_the_mailbox,
    an_old_list,
    lists_on_which_she_stands_again,
    everybody_is_told,
    all_work_there_ever_was,
    old_links,
    a_body_that_nobody_could_read,
    calls_of_wordpress,
)
