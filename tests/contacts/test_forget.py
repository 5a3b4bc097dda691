"""Forgetting a person empties every table that refers to her; the ledger keeps only what names nobody."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sqlalchemy import func, select

from app import MODELS, contacts, letters, search
from app.billing.models import ContactTaxCheck, StripeCustomer
from app.clock import now
from app.consent import ledger, links
from app.extensions import Base, db
from app.outbox.models import OutboxRow
from app.privacy.models import PrivacyRequest
from app.sites.models import Site
from app.submissions.models import Form, FormVersion, Submission
from app.sync.models import DriftFinding, DriftRun
from tests.sync.conftest import world
from tests.sync.world import World

__all__ = ["world"]

for name in MODELS:  # all there are, whichever other tests run beside these
    import_module(f"app.{name}.models")

REFERRING = sorted(
    (table.name, key.parent.name)
    for table in Base.metadata.tables.values()
    for key in table.foreign_keys
    if key.column.table.name == "contact"
)


def known_all_over(world: World, address: str) -> int:
    """A person with rows in every table that refers to contacts, and findable."""
    contact_id = world.meet(address, name="Kari Nordmann")
    world.subscribe(address)
    world.work()
    with world.app.app_context():
        contact = contacts.find(address)
        site = db.session.get_one(Site, world.site_id)
        assert contact is not None
        links.open_preferences(contact, site, "nb")
        letters.write("lost_link", contact=contact, site=site, lang="nb", refs={})
        db.session.add(submission(contact_id, site))
        db.session.add(StripeCustomer(id=f"cus_{contact_id}", contact_id=contact_id))
        run = DriftRun(processor="sandbox", actor="test")
        db.session.add(run)
        db.session.flush()
        db.session.add(DriftFinding(run_id=run.id, contact_id=contact_id, kind="missing"))
        mac = {"address_mac": str(contact_id), "site_id": site.id, "lang": "nb", "due_at": now()}
        db.session.add(PrivacyRequest(kind="access", origin="staff", contact_id=contact_id, **mac))
        check = {"value": "1", "kind": "", "result": "unchecked", "source": "submission:1", "checked_at": now()}
        db.session.add(ContactTaxCheck(contact_id=contact_id, field="vat_number", **check))
        search.index_contact(contact_id, "Kari Nordmann")
        db.session.commit()
    return contact_id


def submission(contact_id: int, site: Site) -> Submission:
    form = Form(slug=f"form{contact_id}", site_id=site.id)
    db.session.add(form)
    db.session.flush()
    version = FormVersion(form_id=form.id, number=1, hash="0", definition={})
    db.session.add(version)
    db.session.flush()
    row = Submission(id=contact_id, form_id=form.id, version_id=version.id, contact_id=contact_id, lang="nb")
    row.answers, row.asked, row.dedupe, row.body_hash, row.mac = {"message": "Hei"}, {}, str(contact_id), "0", "0"
    return row


def referring(world: World, contact_id: int) -> dict[str, int]:
    """How many rows of each table name this person."""
    with world.app.app_context():
        return {f"{table}.{column}": _count(table, column, contact_id) for table, column in REFERRING}


def _count(table: str, column: str, contact_id: int) -> int:
    held: Any = Base.metadata.tables[table]
    return db.session.scalar(select(func.count()).select_from(held).where(held.c[column] == contact_id)) or 0


def test_no_row_refers_to_her_any_more(world: World, kari: str, ola: str) -> None:
    kari_id, ola_id = known_all_over(world, kari), known_all_over(world, ola)
    hers, his = referring(world, kari_id), referring(world, ola_id)
    assert all(hers.values()), f"fill these tables in `known_all_over`: {hers}"
    world.forget(kari)
    assert not any(referring(world, kari_id).values())
    assert referring(world, ola_id) == his


def test_she_is_no_longer_found(world: World, kari: str) -> None:
    known_all_over(world, kari)
    world.forget(kari)
    with world.app.app_context():
        assert contacts.find(kari) is None
        assert search.find_contacts("Kari") == []
        assert db.session.scalar(select(func.count()).where(OutboxRow.kind == "search.compact")) == 1


def test_what_happened_stays_in_the_ledger_without_her_name(world: World, kari: str) -> None:
    known_all_over(world, kari)
    with world.app.app_context():
        contact = contacts.find(kari)
        assert contact is not None
        subject = contact.subject
    world.forget(kari)
    with world.app.app_context():
        events = ledger.events(subject)
        assert [event.type for event in events] == ["requested", "confirmed"]
        assert all(kari not in str(vars(event)) for event in events)


def test_what_she_sent_stays_but_no_longer_under_her(world: World, kari: str) -> None:
    """An enquiry is answered also when a confirmation never came; erasing what was sent is its own street's verb."""
    contact_id = known_all_over(world, kari)
    world.forget(kari)
    with world.app.app_context():
        row = db.session.get_one(Submission, contact_id)
        assert row.contact_id is None and row.answers == {"message": "Hei"}


def test_meeting_her_again_begins_anew(world: World, kari: str) -> None:
    world.subscribe(kari)
    world.forget(kari)
    world.meet(kari)
    assert world.consents(kari) == {}
