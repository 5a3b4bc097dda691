"""The verbs at Stripe.

Nobody becomes a customer here, and nobody is looked for who did not come to us with a wish of their own: asking Stripe
for an address would tell it of somebody who only wanted a newsletter. `push` knows people by the ids that Stripe itself
has told us. To find, to export and to erase, every door is tried.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from app.processors.base import Cap, Held, Member, Outcome, Processor, Profile
from app.processors.stripe import customer as words
from app.processors.stripe import erasure, settings
from app.processors.stripe.account import EVERYTHING, Account
from app.processors.stripe.plain import plain
from app.processors.stripe.settings import Settings
from app.processors.stripe.statement import Checkout, Statement

Data = dict[str, Any]
RESTRICTED = "samtykke_restricted"
PAUSE = "A subscription is running: decide at Stripe whether its collection is paused, and answer the person."


class Stripe(Processor):
    """One account."""

    name = "stripe"
    addressed = frozenset({"customer"})

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # https://docs.stripe.com/rate-limits: a hundred operations a second with real money, 25 in a sandbox.
        self.cap = Cap(100.0, 100.0) if settings.live else Cap(25.0, 25.0)
        self._lock = threading.Lock()
        self._made: Account | None = None

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Stripe:
        """Raises `ValueError` naming the setting that is missing or wrong."""
        return cls(settings.read(config))

    def push(self, profile: Profile) -> Outcome:
        """Fill in what is empty at customers of hers that we know of."""
        customers = [row for row in self._account.known(profile) if not words.is_gone(row)]
        for row in customers:
            self._tell(row, words.missing(profile, row), profile, replacing=False)
        return Outcome("held" if customers else "not_held")

    def rectify(self, profile: Profile, new_address: str = "") -> Outcome:
        """Replace what differs. Invoices that have been issued cannot change: a credit note and a new one do that.

        A new address reaches every customer of hers that has the old one, or none. What she typed at Stripe beside
        it, as the address of her bookkeeper, is another matter.
        """
        customers = self._living_of(profile)
        for row in customers:
            changes = words.different(profile, row) | words.readdressed(profile, row, new_address)
            self._tell(row, changes, profile, replacing=True)
        moved = new_address and self._living_of(replace(profile, address=new_address, typed=""))
        return Outcome("held" if customers or moved else "not_held")

    def _living_of(self, profile: Profile) -> list[Data]:
        return [row for row in self._account.customers(profile) if not words.is_gone(row)]

    def restrict(self, profile: Profile, restricted: bool) -> Outcome:
        """A mark on each customer, for whoever works in Stripe. Whether a subscription goes on is for a human."""
        customers = [row for row in self._account.customers(profile) if not words.is_gone(row)]
        for row in customers:
            self._account.update(row["id"], {"metadata": {RESTRICTED: "GDPR 18" if restricted else ""}})
        running = [row for row in customers if restricted and self._subscribes(row["id"])]
        if running:
            return Outcome("manual", PAUSE)
        return Outcome("held" if customers else "not_held")

    def _subscribes(self, customer: str) -> bool:
        rows = self._account.books(customer, ("subscriptions",))["subscriptions"]
        return any(row.get("status") in ("active", "trialing", "past_due") for row in rows)

    def find(self, profile: Profile) -> list[Held]:
        """Customers, and what was sold to them; of a deleted customer only what was sold."""
        case = erasure.opened(self._account, profile)
        customers = [Held("customer", row["id"]) for row in case.customers if not words.is_gone(row)]
        books = [Held(row["object"], row["id"]) for row in case.books]
        return customers + books + [Held("checkout.session", row["id"]) for row in case.guests]

    def export(self, profile: Profile) -> Data:
        customers = [self._shown(row) for row in self._account.customers(profile)]
        guests = self._account.guests(profile)
        return {name: rows for name, rows in {"customers": customers, "guest_checkouts": plain(guests)}.items() if rows}

    def erase(self, profile: Profile) -> Outcome:
        return erasure.erase(self._account, profile, self._settings.fiscal_end)

    def members(self) -> Iterator[Member]:
        """A customer is on no list: there is nothing to compare with the ledger."""
        return iter(())

    def ping(self) -> str:
        self._account.ping()
        return f"Stripe answers with {'live' if self._settings.live else 'test'} data"

    def statement(self, customer: str) -> Statement | None:
        """How things stand with one customer now; None where Stripe knows none of that id."""
        account = self._account
        held = account.customer(customer)
        if held is None:
            return None
        books = account.books(customer, ("invoices", "subscriptions"))
        if words.is_gone(held):
            return Statement.read({"id": customer, "deleted": True}, books, [], [])
        return Statement.read(held, books, account.tax_ids(customer), account.payment_methods(customer))

    def checkout(self, session: str) -> Checkout | None:
        """What was agreed to in one checkout; None where Stripe knows none of that id."""
        held = self._account.session(session)
        return Checkout.read(held) if held else None

    def customers(self) -> Iterator[tuple[str, str]]:
        """Id and address of every customer: to match those from before we listened."""
        for row in self._account.client.pages("/v1/customers"):
            yield row["id"], row.get("email") or ""

    def undelivered(self) -> Iterator[Data]:
        """Events of the last thirty days that did not reach us."""
        return self._account.client.pages("/v1/events", delivery_success=False)

    def _tell(self, row: Data, changes: Data, profile: Profile, *, replacing: bool) -> None:
        if changes:
            self._account.update(row["id"], changes)
        number = words.tax_id(profile)
        if number:
            self._tell_tax_id(row["id"], *number, replacing=replacing)

    def _tell_tax_id(self, customer: str, kind: str, value: str, *, replacing: bool) -> None:
        """A number cannot be changed: the new one is added, then the old one of its kind removed."""
        held = [row for row in self._account.tax_ids(customer) if row.get("type") == kind]
        if any(row.get("value") == value for row in held) or (held and not replacing):
            return
        self._account.add_tax_id(customer, kind, value, ",".join(row["id"] for row in held))
        for row in held:
            self._account.drop_tax_id(customer, row["id"])

    def _shown(self, row: Data) -> Data:
        account, id = self._account, row["id"]
        held = {"customer": row} if words.is_gone(row) else self._living(row)
        charges = {"disputes": [d for c in account.books(id, ("charges",))["charges"] for d in self._disputes(c)]}
        shown: Data = plain({**held, **account.books(id, EVERYTHING), **charges, "checkouts": account.sessions(id)})
        return shown

    def _living(self, row: Data) -> Data:
        id = row["id"]
        return {
            "customer": row,
            "payment_methods": self._account.payment_methods(id),
            "tax_ids": self._account.tax_ids(id),
        }

    def _disputes(self, charge: Data) -> list[Data]:
        return self._account.disputes(charge["id"]) if charge.get("disputed") else []

    @property
    def _account(self) -> Account:
        """Made at first use: a process that only listens need not pay for the vendor's library."""
        with self._lock:
            if self._made is None:
                from app.processors.stripe.client import Client

                self._made = Account(Client(self._settings, self.pace))
            return self._made
