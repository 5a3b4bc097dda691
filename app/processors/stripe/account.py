"""What we read and write at one Stripe account."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from app.processors.base import Profile, Retry
from app.processors.stripe import customer as words
from app.processors.stripe.problem import Problem

if TYPE_CHECKING:
    from app.processors.stripe.client import Client

Data = dict[str, Any]
BOOKS = ("invoices", "credit_notes", "charges", "subscriptions")
EVERYTHING = (*BOOKS, "payment_intents")
READ = ("customers", *EVERYTHING, "checkout/sessions", "disputes", "events")
NAMESPACE = uuid5(NAMESPACE_URL, "https://stripe.com/samtykke")


class Account:
    """Reads say what is there. `client` is opened by the caller, so that listening costs no library."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def customer(self, id: str) -> Data | None:
        """The customer, with `deleted` where it once was; None where it never was. Nobody's answer is no answer."""
        try:
            found = self.client.get(f"/v1/customers/{id}")
        except Problem as problem:
            if problem.status != 404:
                raise
            return None
        if found.get("id") != id:
            raise Retry("Stripe answered with another object")
        return found

    def known(self, profile: Profile) -> Iterator[Data]:
        """The customers that our own map names, deleted ones among them. Tells Stripe nothing that it did not tell."""
        for id in sorted(set(profile.refs.get("stripe", ()))):
            found = self.customer(id) if id.startswith("cus_") else None
            if found:
                yield found

    def customers(self, profile: Profile) -> list[Data]:
        """Every customer of the person: by our map, by the address in each spelling, and by the search.

        The list is exact to the letter and true at once; the search folds letters and lags, so a hit is read again.
        """
        found = {row["id"]: row for row in self.known(profile)}
        for spelling in words.spellings(profile):
            found |= {row["id"]: row for row in self.client.pages("/v1/customers", email=spelling)}
        for id in self._hits(profile) - set(found):
            read = self.customer(id)
            if read and words.belongs(read.get("email"), profile):
                found[id] = read
        return [found[id] for id in sorted(found)]

    def _hits(self, profile: Profile) -> set[str]:
        hits = self.client.search("/v1/customers/search", words.query(profile.address))
        return {row["id"] for row in hits}

    def guests(self, profile: Profile) -> list[Data]:
        """Checkout sessions of the person that made no customer."""
        found: dict[str, Data] = {}
        for spelling in words.spellings(profile):
            asked = {"email": spelling}
            found |= {row["id"]: row for row in self.client.pages("/v1/checkout/sessions", customer_details=asked)}
        noted = {id for id in profile.refs.get("stripe", ()) if id.startswith("cs_")}
        found |= {row["id"]: row for id in noted - set(found) if (row := self.session(id))}
        return [found[id] for id in sorted(found) if not found[id].get("customer")]

    def session(self, id: str) -> Data | None:
        try:
            return self.client.get(f"/v1/checkout/sessions/{id}")
        except Problem as problem:
            if problem.status != 404:
                raise
            return None

    def books(self, customer: str, kinds: tuple[str, ...] = BOOKS) -> dict[str, list[Data]]:
        """What hangs on a customer, also on one that is deleted."""
        return {kind: list(self._of(kind, customer)) for kind in kinds}

    def _of(self, kind: str, customer: str) -> Iterator[Data]:
        more = {"status": "all"} if kind == "subscriptions" else {}
        return self.client.pages(f"/v1/{kind}", customer=customer, **more)

    def payment_methods(self, customer: str) -> list[Data]:
        return list(self.client.pages("/v1/payment_methods", customer=customer))

    def tax_ids(self, customer: str) -> list[Data]:
        return list(self.client.pages(f"/v1/customers/{customer}/tax_ids"))

    def sessions(self, customer: str) -> list[Data]:
        return list(self.client.pages("/v1/checkout/sessions", customer=customer))

    def disputes(self, charge: str) -> list[Data]:
        return list(self.client.pages("/v1/disputes", charge=charge))

    def update(self, customer: str, changes: Data) -> Data:
        """Said twice it is the same as said once, so the key that the library draws is enough."""
        return self.client.post(f"/v1/customers/{customer}", **changes)

    def add_tax_id(self, customer: str, kind: str, value: str, instead_of: str = "") -> None:
        key = str(uuid5(NAMESPACE, f"tax_id:{customer}:{instead_of}:{kind}:{value}"))
        self.client.post(f"/v1/customers/{customer}/tax_ids", type=kind, value=value, idempotency_key=key)

    def drop_tax_id(self, customer: str, id: str) -> None:
        with gone_is_fine():
            self.client.delete(f"/v1/customers/{customer}/tax_ids/{id}")

    def detach(self, payment_method: str) -> None:
        self.client.post(f"/v1/payment_methods/{payment_method}/detach")

    def drop_draft(self, invoice: str) -> None:
        with gone_is_fine():
            self.client.delete(f"/v1/invoices/{invoice}")

    def delete(self, customer: str) -> None:
        with gone_is_fine():
            self.client.delete(f"/v1/customers/{customer}")

    def ping(self) -> int:
        """How many customers one small page shows. Each other list is read as well: a right that a restricted key lacks
        would else be missed only when somebody asks to be erased."""
        rows = [self.client.get(f"/v1/{kind}", limit=1).get("data") for kind in READ]
        if not all(isinstance(some, list) for some in rows):
            raise Retry("Stripe answered without a list")
        return len(rows[0] or ())


@contextmanager
def gone_is_fine() -> Iterator[None]:
    """Somebody was here before us, perhaps ourselves before a crash. A read afterwards decides."""
    try:
        yield
    except Problem as problem:
        if problem.status != 404:
            raise
