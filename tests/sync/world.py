"""Our ledger, the sandbox and a Mailchimp, and people who act at all three."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from typing import Any

from flask import Flask
from sqlalchemy import select

from app import contacts, outbox
from app.clock import now
from app.consent import ledger, texts
from app.consent import service as consent
from app.consent.models import Confirmation, ConsentEvent, Purpose
from app.contacts import suppression
from app.contacts.models import Contact
from app.extensions import Base, db
from app.outbox.models import OutboxRow
from app.sites.models import Company, Site
from app.sync.models import ProcessorState
from tests.support.mailchimp_server import AUDIENCE, KEY, MailchimpServer, webhook
from tests.support.mailchimp_store import member_id

SECRET = "a-secret-path"
PURPOSES = ("newsletter", "offers")
HOOK = f"/webhooks/mailchimp/{SECRET}"
FACTS = {"ip": "203.0.113.0/24", "user_agent": "Firefox"}

Webhook = tuple[dict[str, str], bytes]


class World:
    """Verbs for what people do, and questions about what is then true."""

    def __init__(self, app: Flask, mailchimp: MailchimpServer) -> None:
        self.app, self.mailchimp, self.site_id = app, mailchimp, 0
        app.config.update(MAILCHIMP_API_KEY=KEY, MAILCHIMP_AUDIENCE=AUDIENCE, MAILCHIMP_API_BASE=mailchimp.url)
        app.config.update(MAILCHIMP_WEBHOOK_SECRET=SECRET)

    def furnished(self) -> World:
        """With a company, a site and two purposes, where the demo is not loaded."""
        with self.app.app_context():
            company = Company(slug="fjordlys", name="Fjordlys Interiør")
            site = Site(slug="fjordlys", name="Fjordlys", origin="http://localhost", company=company)
            db.session.add(site)
            db.session.add_all(Purpose(slug=slug, names={"nb": slug, "en": slug}) for slug in PURPOSES)
            db.session.flush()
            for slug in PURPOSES:
                texts.publish(slug, "nb", f"Ja takk til {slug}")
            db.session.commit()
            self.site_id = site.id
        return self

    # What people do here

    def meet(self, address: str, **values: str) -> int:
        with self.app.app_context():
            contact = contacts.meet(address, address, "nb", self.site_id)
            contacts.volunteer(contact, values, "submission:1", overwrite=True)
            db.session.commit()
            return contact.id

    def ask(self, address: str, *purposes: str) -> bool:
        """She ticks boxes in a form. Did that change anything?"""
        with self.app.app_context():
            contact = contacts.meet(address, address, "nb", self.site_id)
            asked = {p: texts.current(p, "nb").hash for p in purposes or PURPOSES[:1]}  # type: ignore[union-attr]
            site = db.session.get_one(Site, self.site_id)
            row = consent.ask(contact, asked, site=site, lang="nb", facts=FACTS)
            db.session.commit()
            return row is not None

    def confirm(self, address: str) -> list[str]:
        """She presses the button in the newest letter."""
        with self.app.app_context():
            contact = contacts.find(address)
            newest = select(Confirmation).where(Confirmation.contact_id == (contact.id if contact else 0))
            row = db.session.scalar(newest.order_by(Confirmation.created_at.desc()).limit(1))
            ready = row is not None and consent.standing(row) == "ask"
            events = consent.confirm(row, FACTS) if row and ready else []
            db.session.commit()
            return [event.purpose for event in events]

    def subscribe(self, address: str, *purposes: str) -> None:
        assert self.ask(address, *purposes)
        assert self.confirm(address)

    def withdraw(self, address: str, *purposes: str) -> int:
        with self.app.app_context():
            contact = contacts.find(address)
            events = (
                consent.withdraw(contact, purposes or None, actor="subject", method="page_button") if contact else []
            )
            db.session.commit()
            return len(events)

    def forget(self, address: str) -> None:
        with self.app.app_context():
            contact = contacts.find(address)
            if contact:
                contacts.forget(contact)
            db.session.commit()

    # What happens at the processors

    def leave_mailchimp(self, address: str, status: str = "unsubscribed") -> Webhook | None:
        """She clicks in a campaign, or her mailbox is gone (`cleaned`). The news is on its way."""
        if member_id(address) not in self.mailchimp.audience.contacts:
            return None
        self.mailchimp.store.leaves(self.mailchimp.audience, address, status)
        return self.news("cleaned" if status == "cleaned" else "unsubscribe", address)

    def news(self, kind: str, address: str, **data: str) -> Webhook:
        return webhook(kind, self.mailchimp.store, address, self.app.config["MAILCHIMP_SIGNING_SECRET"], **data)

    def leave_sandbox(self, address: str) -> None:
        self.sandbox.leave(address, now())

    def deliver(self, news: Webhook) -> int:
        headers, raw = news
        return self.app.test_client().post(HOOK, data=raw, headers=headers).status_code

    # The worker

    def work(self) -> int:
        with self.app.app_context():
            return outbox.drain()

    def push_again(self, address: str) -> None:
        """The same job once more, as after a crash between the call and its record."""
        with self.app.app_context():
            contact = contacts.find(address)
            for name in self.processors if contact else ():
                outbox.enqueue("sync.push", f"{name}:{contact.id}", lane=f"{name}:{contact.id}")  # type: ignore[union-attr]
            db.session.commit()

    def tell_everyone(self) -> None:
        done = self.app.test_cli_runner().invoke(args=["sync", "all"])
        assert done.exit_code == 0, done.output

    # What is true

    @property
    def processors(self) -> dict[str, Any]:
        from app import processors

        with self.app.app_context():
            return processors.active()

    @property
    def sandbox(self) -> Any:
        return self.processors["sandbox"]

    def consents(self, address: str) -> dict[str, str]:
        with self.app.app_context():
            contact = contacts.find(address)
            return {p: state.state for p, state in consent.states(contact).items()} if contact else {}

    def granted(self, address: str) -> set[str]:
        return {purpose for purpose, state in self.consents(address).items() if state == "confirmed"}

    def told(self, address: str, processor: str) -> ProcessorState | None:
        with self.app.app_context():
            contact = contacts.find(address)
            return db.session.get(ProcessorState, (contact.id, processor)) if contact else None

    def state(self, address: str, processor: str) -> str:
        row = self.told(address, processor)
        return row.state if row else ""

    def at_mailchimp(self, address: str) -> tuple[str, set[str]]:
        """Status and tags; `("", set())` for a stranger."""
        contact = self.mailchimp.audience.contacts.get(member_id(address))
        return (contact.data["status"], set(contact.tags)) if contact else ("", set())

    def at_sandbox(self, address: str) -> tuple[str, set[str]]:
        from app.processors.base import Profile

        row = self.sandbox.export(Profile(address))
        return (row["status"], set(row["tags"])) if row else ("", set())

    def suppressed(self, address: str) -> set[str]:
        with self.app.app_context():
            return suppression.scopes(address)

    def failed(self) -> list[str]:
        with self.app.app_context():
            rows = db.session.scalars(select(OutboxRow).where(OutboxRow.error != ""))
            return [f"{row.kind}: {row.error}" for row in rows]

    def everything(self, address: str) -> bytes:
        """Every byte we, the sandbox and Mailchimp hold about a person."""
        with self.app.app_context():
            contact = contacts.find(address)
            assert contact is not None
            tables = {name: _rows(contact.id, table) for name, table in Base.metadata.tables.items()}
            events = [ledger.body(event).decode() + event.mac for event in ledger.events(contact.subject)]
            scopes = sorted(suppression.scopes(address))
            row = {c.name: str(getattr(contact, c.name)) for c in Contact.__table__.columns}
        held = self.mailchimp.audience.contacts.get(member_id(address))
        with sqlite3.connect(self.app.config["SANDBOX_PATH"]) as file:
            member = file.execute("SELECT * FROM member WHERE address = ?", (address,)).fetchall()
            tags = file.execute("SELECT * FROM tag WHERE address = ? ORDER BY name", (address,)).fetchall()
        all_of_it = [row, tables, events, scopes, held and asdict(held), member, tags]
        return json.dumps(all_of_it, default=str, sort_keys=True).encode()


def _rows(contact_id: int, table: Any) -> list[str]:
    """Rows of any table that point at a contact."""
    keys = [key.parent for key in table.foreign_keys if key.column.table.name == "contact"]
    return sorted(str(tuple(row)) for key in keys for row in db.session.execute(select(table).where(key == contact_id)))


def events_of(app: Flask, address: str) -> list[ConsentEvent]:
    """Her events, oldest first."""
    with app.app_context():
        contact = contacts.find(address)
        return ledger.events(contact.subject) if contact else []
