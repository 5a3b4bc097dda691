"""Erasing somebody at Stripe, in two stages, because the law wants sales documented.

Where nothing was sold, everything goes. Where something was, what the documents do not need goes now, and the rest on
the first day after the law has had its years: `erase` is then called again. Every step may be taken twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from app.processors import bookkeeping
from app.processors.base import Outcome, Profile, Retry
from app.processors.stripe import customer as words
from app.processors.stripe import retention
from app.processors.stripe.account import Account
from app.processors.stripe.redaction import Redaction, Unavailable

Data = dict[str, Any]
RUNNING = {"active", "trialing", "past_due", "unpaid", "paused", "incomplete"}
DISPUTE_OVER = {"won", "lost", "warning_closed", "prevented"}
LOOK_AGAIN = timedelta(hours=6)  # a redaction takes days
DISPUTED = timedelta(days=7)


@dataclass(frozen=True)
class Case:
    """All that is held of one person."""

    customers: list[Data]
    guests: list[Data]
    books: list[Data]  # invoices, credit notes, charges, subscriptions of all customers

    @property
    def documents(self) -> list[datetime]:
        return retention.documents([*self.books, *self.guests])

    def ids(self, kind: str) -> list[str]:
        return [row["id"] for row in self.books if row["object"] == kind]

    @property
    def roots(self) -> dict[str, list[str]]:
        """Where a redaction begins; it follows from there by itself."""
        paid = [row["payment_intent"] for row in self.guests if isinstance(row.get("payment_intent"), str)]
        return {
            "customers": [row["id"] for row in self.customers],
            "checkout_sessions": [row["id"] for row in self.guests],
            "payment_intents": paid,
        }


def opened(account: Account, profile: Profile) -> Case:
    """Read everything."""
    customers = [row for row in account.customers(profile) if not _redacted(row)]
    books = [row for one in customers for rows in account.books(one["id"]).values() for row in rows]
    guests = [row for row in account.guests(profile) if not _redacted(row)]
    return Case(customers, guests, [row for row in books if not _redacted(row)])


def _redacted(row: Data) -> bool:
    return (row.get("redaction") or {}).get("status") == "redacted"


def erase(account: Account, profile: Profile, fiscal_end: tuple[int, ...], now: datetime | None = None) -> Outcome:
    """One stage. See `app.processors.base.Processor.erase`."""
    moment = now or datetime.now(UTC)
    case = opened(account, profile)
    if not case.customers and not case.guests:
        return Outcome("erased" if profile.refs.get("stripe") else "not_held")
    if waits := _in_the_way(account, case, moment):
        return waits
    keep = bookkeeping.until(case.documents, fiscal_end)
    if keep and keep >= bookkeeping.today(moment):
        return _reduced(account, case, keep, moment)
    return _removed(account, case, moment, bool(keep))


def _in_the_way(account: Account, case: Case, now: datetime) -> Outcome | None:
    """A contract that runs, money that is owed, a dispute: these are not ours to end on the way."""
    for row in case.books:
        if row["object"] == "subscription" and row.get("status") in RUNNING:
            return Outcome(
                "manual", "A subscription is running at Stripe. Deleting the customer would end it: end it first."
            )
        if row["object"] == "invoice" and row.get("status") == "open":
            return Outcome("manual", "An invoice at Stripe is not paid yet. Have it paid, or void it, first.")
    if any(_disputed(account, row) for row in case.books if row["object"] == "charge"):
        return Outcome(
            "pending",
            "A payment is disputed at Stripe: the data is kept for the claim.",
            law="GDPR article 17 (3) (e)",
            check_at=now + DISPUTED,
        )
    return None


def _disputed(account: Account, charge: Data) -> bool:
    if not charge.get("disputed"):
        return False
    return any(row.get("status") not in DISPUTE_OVER for row in account.disputes(charge["id"]))


def _reduced(account: Account, case: Case, keep: date, now: datetime) -> Outcome:
    """The documents stay. What they do not need goes, and the customer with it once no refund can be claimed."""
    for invoice in [row for row in case.books if row["object"] == "invoice" and row.get("status") == "draft"]:
        account.drop_draft(invoice["id"])
    living = [row["id"] for row in case.customers if not words.is_gone(row)]
    refundable = retention.refundable_until(case.books)
    wait = bool(living and refundable and now < refundable)
    for id in living:
        _strip(account, id, {"email"} if wait else set())  # by the address we find the customer again
    if wait:
        text = (
            "All that the documents do not need is gone. The customer follows when a refund can no longer be claimed."
        )
        return Outcome("pending", text, law=bookkeeping.LAW, until=keep, check_at=refundable)
    for id in living:
        _delete(account, id)
    text = f"{len(case.documents)} documents of sales are kept. Everything else is deleted."
    return Outcome("kept", text, law=bookkeeping.LAW, until=keep)


def _strip(account: Account, id: str, spare: set[str]) -> None:
    blank = {name: value for name, value in words.BLANK.items() if name not in spare}
    for method in account.payment_methods(id):
        account.detach(method["id"])
    for number in account.tax_ids(id):
        account.drop_tax_id(id, number["id"])
    account.update(id, blank)
    held = account.customer(id)
    if held is None or any(held.get(name) for name in blank) or account.payment_methods(id) or account.tax_ids(id):
        raise Retry("Stripe still shows what was taken away")


def _delete(account: Account, id: str) -> None:
    account.delete(id)
    held = account.customer(id)
    if held and not words.is_gone(held):
        raise Retry("Stripe still shows the customer")


def _removed(account: Account, case: Case, now: datetime, had_documents: bool) -> Outcome:
    """Nothing has to be kept, or no longer."""
    job = Redaction(account, case.roots)
    try:
        status = job.advance()
    except Unavailable:
        return _deleted(account, case, had_documents, [])
    if status == "succeeded":
        return Outcome("erased", "Redacted by Stripe.")
    if status == "failed":
        codes = job.errors()
        job.give_up()
        return _deleted(account, case, had_documents, codes)
    return Outcome("pending", "Stripe is redacting, which takes up to seven days.", check_at=now + LOOK_AGAIN)


def _deleted(account: Account, case: Case, had_documents: bool, codes: Sequence[str]) -> Outcome:
    """Without a redaction customers can be deleted. What hung on them, and guests, only Stripe can remove."""
    for row in case.customers:
        if not words.is_gone(row):
            _delete(account, row["id"])
    if not had_documents and not case.guests:
        return Outcome("erased")
    why = f" (redaction was refused: {', '.join(codes)})" if codes else ""
    count = len(case.guests) + len(case.documents)
    return Outcome(
        "manual", f"{count} payments and documents can only be removed by a redaction at Stripe{why}: ask Stripe."
    )
