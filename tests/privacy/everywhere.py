"""Every processor there is at once: stand-ins for the vendors, localstripe, `emulate`'s Gmail, and a real WordPress."""

from __future__ import annotations

import html
import json
import re
from datetime import UTC, datetime
from typing import Any

from flask import Flask

from app.processors.base import Profile
from app.sync.coverage import jobs as coverage
from app.sync.mail import jobs as mail
from tests.billing.world import SECRET as STRIPE_SECRET
from tests.billing.world import Shop
from tests.flows.steps import path
from tests.privacy.house import NAMES, House
from tests.processors.google_world import ADMIN, service_account
from tests.processors.test_google_gmail import Box, letter
from tests.support.google_emulate import MAILBOX
from tests.support.google_server import GoogleServer
from tests.support.google_store import addresses
from tests.support.mailchimp_server import MailchimpServer
from tests.support.stripe_local import KEY
from tests.support.stripe_proxy import StripeProxy
from tests.support.wordpress import rows
from tests.support.wordpress.site import KEYS, Site

NEWS = "nyhetsbrev@fjordlys.no"
SOLD = datetime(2026, 3, 2, 12, tzinfo=UTC)  # long enough ago that no refund can be claimed any more
HOLDERS = {"own", "sandbox", "mailchimp", "stripe", "gmail", "google_contacts", "google_groups", "wordpress"}


class Everywhere(House):
    """What people leave behind at all of them, and what is then there."""

    def __init__(
        self, app: Flask, mailchimp: MailchimpServer, google: GoogleServer, box: Box, stripe: StripeProxy, site: Site
    ) -> None:
        super().__init__(app, mailchimp)
        self.google, self.box, self.stripe, self.site = google, box, stripe, site
        self.customers: dict[str, str] = {}
        self.shop = Shop.__new__(Shop)  # without its own company
        self.shop.app, self.shop.stripe = app, stripe
        google.store.directory.groups = {NEWS: {}}
        app.config.update(
            GOOGLE_CREDENTIALS=service_account(google.url),
            GOOGLE_SUBJECT=ADMIN,
            GOOGLE_API_BASE=google.url,
            GMAIL_MAILBOX=MAILBOX,
            GOOGLE_CONTACTS_GROUP="Nyhetsbrev",
            GOOGLE_GROUPS=f"newsletter={NEWS}",
            STRIPE_API_KEY=KEY,
            STRIPE_API_BASE=stripe.url,
            STRIPE_WEBHOOK_SECRET=STRIPE_SECRET,
            WORDPRESS_URL=site.url,
            WORDPRESS_KEY_ID="first",
            WORDPRESS_SECRET=KEYS["first"],
            WORDPRESS_USER="samtykke",
        )

    def lives(self, address: str) -> None:
        """She sends a form, subscribes, buys something, writes letters, comments and sends a form there."""
        self.posts(address, _sid=f"first {address}")
        self.presses(address)
        self.customers[address] = customer = self.stripe.customer(address, name=NAMES[address])
        self.stripe.card(customer)
        self.stripe.sell(customer, SOLD)
        self.shop.tell("customer.created", customer, id=f"evt_{customer}")
        self.box.put(letter(address, text="Når kommer lampen?"))
        with self.site.database() as db:
            rows.comments(db, address, 3)
            rows.comments(db, address, 2, status="spam")
            rows.message(db, address)
            rows.user(db, address)
        self.work()

    def own_page(self, address: str, lang: str = "en") -> str:
        """What she sees behind the link that she asks for, without markup."""
        client = self.app.test_client()
        client.post("/personvern" if lang == "nb" else "/privacy", data={"wish": "page", "address": address})
        self.work()
        shown = client.get(path(self.mailbox.link("/privacy/", to=address))).text
        return " ".join(re.sub(r"<[^>]+>", " ", html.unescape(shown)).split())

    def reads_plugins(self) -> None:
        with self.app.app_context():
            coverage.read("wordpress")

    def reads_mail(self) -> None:
        """Five minutes have passed."""
        with self.app.app_context():
            mail.mail()
        self.work()

    def holds(self, address: str) -> dict[str, bytes]:
        """Every byte that each of them holds of somebody."""
        people = [row for row in self.google.store.people.contacts.values() if address in addresses(row)]
        member = self.google.store.directory.groups[NEWS].get(address)
        letters = [self.box.raw(id) for id in self.box.ids() if address.encode() in self.box.raw(id)]
        return {
            "mailchimp": repr(self.at_mailchimp(address)[0]).encode() if self.at_mailchimp(address)[0] else b"",
            "sandbox": repr(self.at_sandbox(address)).encode() if self.at_sandbox(address)[0] else b"",
            "stripe": self.stripe.raw(address, self.customers[address]),
            "google_contacts": json.dumps(people, sort_keys=True).encode() if people else b"",
            "google_groups": json.dumps(member, sort_keys=True).encode() if member else b"",
            "gmail": b"\n".join(sorted(letters)),
            "wordpress": self.site.raw(address),
        }

    def copies(self, address: str) -> list[str]:
        """What we ourselves have put into the mailbox about somebody, and has not been thrown away."""
        return [held.id for held in self.gmail.find(Profile(address)) if held.kind == "copy"]

    def finishes(self) -> None:
        for minutes in (0, 2, 10):
            with self.later(minutes=minutes):
                self.work()

    @property
    def gmail(self) -> Any:
        return self.processors["gmail"]
