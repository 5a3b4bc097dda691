"""Erasing at Stripe in two stages: what was sold is kept for as long as the law says, and nothing else is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from app.processors import bookkeeping
from app.processors.base import Outcome, Rejected, Retry
from app.processors.stripe import erasure
from app.processors.stripe.processor import Stripe
from tests.processors.people import kari
from tests.processors.stripe_world import known
from tests.support.stripe_proxy import Answer, StripeProxy

YEAR_END = (12, 31)
SOLD = datetime(2026, 3, 2, 12, tzinfo=UTC)
SOON, LATER, AFTER = SOLD + timedelta(days=2), SOLD + timedelta(days=60), datetime(2032, 1, 1, 12, tzinfo=UTC)
UNTIL = date(2031, 12, 31)


def erase(stripe: Stripe, *ids: str, now: datetime = LATER) -> Outcome:
    return erasure.erase(stripe._account, known(*ids) if ids else kari(), YEAR_END, now)


def buyer(proxy: StripeProxy, at: datetime = SOLD) -> str:
    """Kari with a card, a tax number, a note about her, and one paid invoice."""
    id = proxy.customer(
        "kari@example.no",
        name="Kari",
        phone="+4799887766",
        description="Kari from Bergen",
        metadata={"shoe": "38"},
        tax_id_data=[{"type": "eu_vat", "value": "DE136695976"}],
    )
    proxy.card(id)
    proxy.sell(id, at)
    return id


# Nothing was sold


def test_without_documents_stripe_redacts(proxy: StripeProxy, stripe: Stripe) -> None:
    id = proxy.customer("kari@example.no")
    first = erase(stripe)
    assert first.state == "pending" and first.check_at and first.check_at > LATER
    assert erase(stripe).state == "pending" and proxy.jobs[0]["objects"] == {"customers": [id]}
    proxy.end_job()
    assert erase(stripe).state in {"erased", "not_held"}
    assert stripe.find(known(id)) == [] and len(proxy.jobs) == 1


def test_where_there_is_no_redaction_the_customer_is_deleted(proxy: StripeProxy, stripe: Stripe) -> None:
    id = proxy.customer("kari@example.no")
    proxy.redaction = False
    assert erase(stripe) == Outcome("erased")
    assert stripe.find(kari()) == [] and stripe._account.customer(id) == {
        "id": id,
        "object": "customer",
        "deleted": True,
    }


def test_what_redaction_refuses_is_deleted_and_a_later_job_can_start_anew(proxy: StripeProxy, stripe: Stripe) -> None:
    proxy.customer("kari@example.no")
    proxy.refuses = ["invalid_state"]
    erase(stripe)
    assert erase(stripe) == Outcome("erased")
    assert [job["status"] for job in proxy.jobs] == ["canceled"]


def test_several_customers_of_one_person_go_together(proxy: StripeProxy, stripe: Stripe) -> None:
    proxy.redaction = False
    for spelling in ("kari@example.no", "kari@example.no", "KARI@example.no"):
        proxy.customer(spelling)
    assert erase(stripe).state == "erased"
    assert proxy.stored("customers") == []


def test_erasing_again_is_erased_when_we_knew_her_and_not_held_when_nobody_did(
    proxy: StripeProxy, stripe: Stripe
) -> None:
    proxy.redaction = False
    id = proxy.customer("kari@example.no")
    erase(stripe)
    assert erase(stripe, id).state == "erased"
    assert erase(stripe).state == "not_held"


# Something was sold


def test_while_a_refund_can_be_claimed_the_customer_stays_as_an_empty_shell(proxy: StripeProxy, stripe: Stripe) -> None:
    id = buyer(proxy)
    outcome = erase(stripe, now=SOON)
    assert (outcome.state, outcome.until, outcome.check_at) == ("pending", UNTIL, SOLD + timedelta(days=14))
    held = stripe._account.customer(id)
    assert held and held["email"] == "kari@example.no", "by which she is found when we come back"
    assert not any(held.get(name) for name in ("name", "phone", "description", "address", "shipping", "metadata"))
    assert stripe._account.payment_methods(id) == [] and stripe._account.tax_ids(id) == []


def test_then_the_customer_goes_and_the_documents_are_kept_with_law_and_date(
    proxy: StripeProxy, stripe: Stripe
) -> None:
    id = buyer(proxy)
    erase(stripe, now=SOON)
    outcome = erase(stripe)
    assert (outcome.state, outcome.law, outcome.until) == ("kept", "bokføringsloven § 13", UNTIL)
    assert stripe._account.customer(id) == {"id": id, "object": "customer", "deleted": True}
    assert stripe.find(kari()) == []
    assert {held.kind for held in stripe.find(known(id))} == {"invoice", "charge", "subscription"}
    assert proxy.jobs == [], "a redaction would take the invoices along"


def test_the_invoice_itself_is_untouched(proxy: StripeProxy, stripe: Stripe) -> None:
    buyer(proxy)
    before = proxy.stored("invoices"), proxy.stored("charges")
    erase(stripe)
    assert (proxy.stored("invoices"), proxy.stored("charges")) == before


def test_the_second_stage_waits_for_the_day_and_then_redacts(proxy: StripeProxy, stripe: Stripe) -> None:
    id = buyer(proxy)
    erase(stripe)
    assert erase(stripe, id, now=datetime(2031, 12, 31, 22, tzinfo=UTC)).state == "kept"
    assert erase(stripe, id, now=AFTER).state == "pending" and erase(stripe, id, now=AFTER).state == "pending"
    proxy.end_job()
    assert erase(stripe, id, now=AFTER).state == "erased" and stripe.find(known(id)) == []


def test_the_second_stage_without_redaction_is_for_a_person(proxy: StripeProxy, stripe: Stripe) -> None:
    id = buyer(proxy)
    erase(stripe)
    proxy.redaction = False
    outcome = erase(stripe, id, now=AFTER)
    assert outcome.state == "manual" and "2 payments and documents" in outcome.text


def test_a_refused_second_stage_says_why(proxy: StripeProxy, stripe: Stripe) -> None:
    id = buyer(proxy)
    erase(stripe)
    proxy.refuses = ["locked_by_other_job"]
    erase(stripe, id, now=AFTER)
    outcome = erase(stripe, id, now=AFTER)
    assert outcome.state == "manual" and "locked_by_other_job" in outcome.text


def test_the_newest_of_several_customers_decides(proxy: StripeProxy, stripe: Stripe) -> None:
    buyer(proxy, datetime(2020, 5, 1, tzinfo=UTC))
    buyer(proxy, SOLD)
    assert erase(stripe).until == UNTIL


def test_a_paid_checkout_of_a_guest_is_a_document(proxy: StripeProxy, stripe: Stripe) -> None:
    proxy.checkout("kari@example.no", created=int(SOLD.timestamp()))
    assert (erase(stripe).state, erase(stripe).until) == ("kept", UNTIL)
    assert proxy.writes() == []


def test_a_guest_who_paid_nothing_is_redacted_and_without_that_left_to_a_person(
    proxy: StripeProxy, stripe: Stripe
) -> None:
    session = proxy.checkout("kari@example.no", payment_status="unpaid", payment_intent=None)
    proxy.redaction = False
    assert erase(stripe).state == "manual"
    proxy.redaction = True
    erase(stripe)
    assert proxy.jobs[0]["objects"] == {"checkout_sessions": [session]}


def test_drafts_are_no_documents_and_go(proxy: StripeProxy, stripe: Stripe) -> None:
    id = buyer(proxy)
    draft = proxy.sell(id, SOLD)
    proxy.show(draft, status="draft")
    proxy.fail(Answer(200, b'{"id": "x", "object": "invoice", "deleted": true}'), "DELETE", draft)
    assert erase(stripe).state == "kept"
    assert f"DELETE /v1/invoices/{draft}" in proxy.writes()


# What is in the way


def test_a_running_subscription_is_not_ended_on_the_way(proxy: StripeProxy, stripe: Stripe) -> None:
    id = proxy.customer("kari@example.no", name="Kari")
    proxy.card(id)
    proxy.subscribe(id)
    assert erase(stripe).state == "manual"
    assert proxy.writes() == []


def test_an_unpaid_invoice_is_settled_first(proxy: StripeProxy, stripe: Stripe) -> None:
    id = proxy.customer("kari@example.no")
    proxy.card(id)
    proxy.sell(id, SOLD, status="open")
    assert erase(stripe).state == "manual" and proxy.writes() == []


@pytest.mark.parametrize("moment", [LATER, AFTER])
def test_an_open_dispute_is_waited_for(proxy: StripeProxy, stripe: Stripe, moment: datetime) -> None:
    buyer(proxy)
    charge = proxy.stored("charges")[0]["id"]
    proxy.disputes.append({"id": "dp_1", "object": "dispute", "charge": charge, "status": "needs_response"})
    outcome = erase(stripe, now=moment)
    assert outcome.state == "pending" and outcome.check_at and proxy.writes() == []
    proxy.disputes[0]["status"] = "lost"
    assert erase(stripe, now=LATER).state == "kept"


# Half-way


def test_dying_after_any_call_ends_the_same(proxy: StripeProxy, stripe: Stripe) -> None:
    """Each write in turn takes effect and its answer is lost; erasing again goes on from there."""
    id = buyer(proxy)
    for method, path in [
        ("POST", "/detach"),
        ("DELETE", ""),
        ("POST", f"/customers/{id}"),
        ("DELETE", f"/customers/{id}"),
    ]:
        proxy.fail(Answer(cut=True, acted=True), method, path)
        with pytest.raises(Retry):
            erase(stripe, id)
    outcome = erase(stripe, id)
    assert (outcome.state, outcome.until) == ("kept", UNTIL)
    assert stripe.find(kari()) == []


def test_a_lost_answer_makes_no_second_redaction(proxy: StripeProxy, stripe: Stripe) -> None:
    proxy.customer("kari@example.no")
    proxy.fail(Answer(cut=True, acted=True), "POST", "redaction_jobs")
    with pytest.raises(Retry):
        erase(stripe)
    erase(stripe)
    assert len(proxy.jobs) == 1


def test_deleted_according_to_the_answer_and_not_according_to_the_read(proxy: StripeProxy, stripe: Stripe) -> None:
    id = buyer(proxy)
    proxy.fail(Answer(200, b'{"id": "x", "object": "customer", "deleted": true}'), "DELETE", f"/customers/{id}")
    with pytest.raises(Retry, match="still shows the customer"):
        erase(stripe)


def test_blanked_according_to_the_answer_and_not_according_to_the_read(proxy: StripeProxy, stripe: Stripe) -> None:
    id = buyer(proxy)
    proxy.fail(Answer(200, b'{"id": "x", "object": "customer"}'), "POST", f"/customers/{id}")
    with pytest.raises(Retry, match="still shows what was taken away"):
        erase(stripe)


def test_a_key_without_the_right_to_delete_is_rejected(proxy: StripeProxy, stripe: Stripe) -> None:
    buyer(proxy)
    proxy.fail(Answer(403, b'{"error": {"type": "invalid_request_error"}}'), "DELETE")
    with pytest.raises(Rejected, match="403"):
        erase(stripe)


# The law's years


@pytest.mark.parametrize(
    ("issued", "year_end", "until"),
    [
        ("2026-01-01T12:00:00+01:00", (12, 31), "2031-12-31"),
        ("2026-12-31T23:59:00+01:00", (12, 31), "2031-12-31"),
        ("2026-12-31T23:30:00+00:00", (12, 31), "2032-12-31"),  # already next year in Norway
        ("2026-06-30T21:59:00+00:00", (6, 30), "2031-06-30"),
        ("2026-06-30T22:00:00+00:00", (6, 30), "2032-06-30"),
        ("2024-02-29T12:00:00+00:00", (2, 29), "2029-02-28"),
        ("2023-02-28T12:00:00+00:00", (2, 28), "2028-02-29"),
        ("2024-03-01T12:00:00+00:00", (2, 28), "2030-02-28"),
    ],
)
def test_five_years_after_the_end_of_the_accounting_year(issued: str, year_end: tuple[int, int], until: str) -> None:
    moment = datetime.fromisoformat(issued)
    assert bookkeeping.until([datetime(2001, 1, 1, tzinfo=UTC), moment], year_end) == date.fromisoformat(until)


def test_no_documents_no_date() -> None:
    assert bookkeeping.until([]) is None
    assert bookkeeping.until([SOLD], bookkeeping.Fiscal(years=10)) == date(2036, 12, 31)
