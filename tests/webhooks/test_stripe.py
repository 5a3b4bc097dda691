"""What Stripe tells us: who may speak, what is heard, and that only ids are believed."""

from __future__ import annotations

import json
import time

import pytest

from app.processors.stripe import webhook
from tests.billing.world import HOOK, SECRET, Shop, event, signature

INVOICE = {"id": "in_1", "object": "invoice", "customer": "cus_1", "customer_email": "kari@example.no"}


# Who may speak


@pytest.mark.parametrize("age", [-299, -1, 0, 270])
def test_a_signed_event_is_heard(shop: Shop, age: int) -> None:
    raw = event("invoice.paid", INVOICE)
    assert shop.post(raw, at=time.time() - age) == 200
    assert shop.waiting() == ["billing.read cus_1"]


@pytest.mark.parametrize("age", [302, 86_400, -302, -86_400 * 365])
def test_too_old_and_from_the_future_is_turned_away(shop: Shop, age: int) -> None:
    assert shop.post(event("invoice.paid", INVOICE), at=time.time() - age) == 403
    assert shop.waiting() == []


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=,v1=",
        "v1=abc",
        "t=1",
        "t=x,v1=y",
        "t=²,v1=y",
        "t=" + "9" * 400 + ",v1=a",
        "t=1e9,v1=a",
        "t=-5,v1=a",
        "nonsense",
        ",,,=,=",
        "v0=" + "a" * 64,
        "t=NOW,v1=æøå",
        "t=NOW,v0=RIGHT",
    ],
)
def test_forged_headers_are_turned_away(shop: Shop, header: str) -> None:
    raw = event("invoice.paid", INVOICE)
    right = signature(raw)
    header = header.replace("NOW", str(int(time.time()))).replace("RIGHT", right.rpartition("=")[2])
    assert shop.post(raw, header=header) == 403
    assert shop.waiting() == []


def test_another_secret_and_a_changed_body_are_turned_away(shop: Shop) -> None:
    raw = event("invoice.paid", INVOICE)
    assert shop.post(raw, secret="whsec_other") == 403
    assert shop.post(raw + b" ", header=signature(raw)) == 403
    assert shop.post(raw.replace(b"cus_1", b"cus_2"), header=signature(raw)) == 403


def test_while_the_secret_is_rolled_either_is_good(shop: Shop) -> None:
    raw = event("invoice.paid", INVOICE)
    old = signature(raw, secret="whsec_old").rpartition(",")[2]
    assert shop.post(raw, header=f"{signature(raw)},{old}") == 200
    shop.app.config["STRIPE_WEBHOOK_SECRET"] = f"whsec_new {SECRET}"
    assert shop.post(raw) == 200


def test_with_no_secret_set_there_is_nothing_here(shop: Shop) -> None:
    shop.app.config["STRIPE_WEBHOOK_SECRET"] = ""
    assert shop.post(event("invoice.paid", INVOICE), secret="") == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_posts(shop: Shop, method: str) -> None:
    assert shop.app.test_client().open(HOOK, method=method).status_code == 405


# What is heard


def test_a_repeat_is_no_news(shop: Shop) -> None:
    raw = event("customer.updated", {"id": "cus_unknown", "object": "customer"})
    assert [shop.post(raw) for _ in range(3)] == [200, 200, 200]
    assert shop.work() == 1
    assert shop.post(raw) == 200 and shop.work() == 0


def test_many_events_of_one_customer_are_one_reading(shop: Shop) -> None:
    for number in range(30):
        assert shop.tell("invoice.updated", {**INVOICE, "id": f"in_{number}"}) == 200
    assert shop.waiting() == ["billing.read cus_1"]


@pytest.mark.parametrize(
    "kind",
    ["product.updated", "payout.paid", "account.updated", "price.created", "unknown.new_thing", "balance.available"],
)
def test_what_is_of_no_concern_is_answered_and_forgotten(shop: Shop, kind: str) -> None:
    assert shop.tell(kind, {"id": "cus_1", "object": "customer"}) == 200
    assert shop.waiting() == [] and shop.notices() == []


@pytest.mark.parametrize(
    ("subject", "refs"),
    [
        ({"id": "cus_1", "object": "customer"}, ("cus_1",)),
        ({"id": "in_1", "object": "invoice", "customer": "cus_1"}, ("cus_1",)),
        ({"id": "in_1", "object": "invoice", "customer": {"id": "cus_1", "email": "k@example.no"}}, ("cus_1",)),
        ({"id": "cs_1", "object": "checkout.session", "customer": None}, ("cs_1",)),
        ({"id": "cs_1", "object": "checkout.session", "customer": "cus_1"}, ("cus_1", "cs_1")),
        ({"id": "ch_1", "object": "charge", "customer": None}, ()),
        ({"id": "cus_" + "x" * 200, "object": "customer"}, ()),
        ({"id": "cus_1/../../balance", "object": "customer"}, ()),
        ({"id": "cus_1\n", "object": "customer"}, ()),
        ({"id": ["cus_1"], "object": "customer"}, ()),
        ("cus_1", ()),
        (None, ()),
    ],
)
def test_only_ids_are_taken_from_an_event(subject: object, refs: tuple[str, ...]) -> None:
    told = {"id": "evt_1", "object": "event", "type": "customer.updated", "data": {"object": subject}}
    found = webhook.parse(json.dumps(told).encode())
    assert (found.refs if found else ()) == refs


def test_a_card_that_was_taken_away_names_whose_it_was() -> None:
    data = {"object": {"id": "pm_1", "object": "payment_method", "customer": None}}
    told = {"id": "evt_1", "object": "event", "type": "payment_method.detached"}
    before = {"previous_attributes": {"customer": "cus_1"}}
    found = webhook.parse(json.dumps({**told, "data": {**data, **before}}).encode())
    assert found and found.refs == ("cus_1",)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'"evt_1"',
        b"\xff\xfe",
        b'{"object": "event", "id": "evt_1"',
        b'{"object": "event", "id": 1, "type": "invoice.paid"}',
        b'{"object": "event", "id": "x@example.no", "type": "invoice.paid"}',
        b'{"object": "v2.core.event", "id": "evt_1", "type": "invoice.paid"}',
        b"[" * 100_000,
    ],
)
def test_signed_nonsense_gets_a_plain_answer(shop: Shop, raw: bytes) -> None:
    assert shop.post(raw) == 400
    assert shop.waiting() == []


@pytest.mark.parametrize("data", ["null", "[]", '"x"', "{}", '{"object": []}'])
def test_an_event_without_an_object_concerns_nobody(shop: Shop, data: str) -> None:
    assert shop.post(f'{{"object": "event", "id": "evt_1", "type": "invoice.paid", "data": {data}}}'.encode()) == 200
    assert shop.waiting() == []


def test_a_body_beyond_all_measure_is_not_read(shop: Shop) -> None:
    assert shop.post(b" " * 600_000) == 413


def test_nothing_of_anybody_is_kept_in_the_notes(shop: Shop) -> None:
    assert shop.tell("invoice.paid", INVOICE) == 200
    assert all(len(key) == 64 for key in shop.notices())
    assert shop.waiting() == ["billing.read cus_1"]


def test_a_secret_is_compared_whatever_it_holds() -> None:
    assert not webhook.verify("hemmelig-æøå", "t=1,v1=æ", b"x", 1.0)
    assert not webhook.verify("", signature(b"x", 1.0, ""), b"x", 1.0)
