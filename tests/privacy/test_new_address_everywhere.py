"""Kari corrects her address at every processor at once; what none can change is told, and Ola is byte-identical."""

from __future__ import annotations

import json

import pytest
from flask import Flask

from app.privacy import receipts
from app.privacy.verifying import UNCHANGING
from tests.flows.steps import path
from tests.privacy import house
from tests.privacy.everywhere import HOLDERS, NEWS, Everywhere
from tests.privacy.test_everywhere import both, everywhere, local_stripe, running_site

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
__all__ = ["both", "everywhere", "local_stripe", "running_site"]

NEW = "kari.ny@example.no"
WRITTEN = {"stripe", "gmail", "wordpress"}  # invoices, letters, and messages of a plugin for forms stay as they were
STAYS = "What was written before stays as it was, such as letters, messages and issued invoices."
STAR = "Det som ble skrevet før, står som det var, for eksempel brev, meldinger og utstedte fakturaer."


def corrects(both: Everywhere, kari: str) -> int:
    """Staff enter her request, and the mailbox that she has now says yes."""
    number = both.opens("rectification", kari, wishes={"changes": {"email": NEW}})
    both.work()
    assert both.contact(kari) and both.state(number) == "identity_pending"
    both.app.test_client().post(path(both.mailbox.link("/privacy/", to=NEW)))
    both.finishes()
    return number


def test_kari_corrects_her_address_everywhere_and_ola_is_byte_identical(
    both: Everywhere, app: Flask, monkeypatch: pytest.MonkeyPatch, kari: str, ola: str
) -> None:
    before, ours, letters = both.holds(ola), both.everything(ola), both.holds(kari)["gmail"]
    number = corrects(both, kari)
    assert both.state(number) == "completed", both.tasks(number)
    assert {task.holder for task in both.request(number).tasks} == HOLDERS
    _stands_at_each(both, kari)
    old = both.holds(kari)
    assert {name for name, raw in old.items() if raw} == WRITTEN and old["gmail"] == letters
    documents = [json.loads(row)["object"] for row in both.stripe.raw(kari).decode().splitlines()]
    assert documents == ["invoice"]
    tables = {row.partition(b":")[0] for row in old["wordpress"].splitlines()}
    assert tables == {b"wp_posts", b"wp_postmeta"}
    assert both.contact(kari) is None and both.contact(NEW).address == NEW
    assert both.granted(NEW) == {"newsletter"}
    _is_told(both, number)
    assert both.holds(ola) == before and both.everything(ola) == ours
    with app.app_context():
        assert receipts.verify_all().receipts == 1
    monkeypatch.setattr(house, "marks", lambda address: [address])
    assert both.tables_naming(kari) == {"submission", "consent_evidence"}  # what she wrote, and what she agreed to


def _stands_at_each(world: Everywhere, kari: str) -> None:
    world.customers[NEW] = world.customers[kari]
    found = world.holds(NEW)
    assert {name for name, raw in found.items() if raw} == {*HOLDERS} - {"own", "gmail"}
    assert world.at_mailchimp(NEW) == world.at_sandbox(NEW) == ("subscribed", {"newsletter"})
    assert [row["id"] for row in world.stripe.stored("customers") if row["email"] == NEW] == [world.customers[kari]]
    assert set(world.google.store.directory.groups[NEWS]) == {NEW, "ola@example.no"}
    assert world.site.query("SELECT user_login FROM wp_users WHERE user_email = ?", NEW) == [("kari",)]
    assert world.site.query("SELECT COUNT(*) FROM wp_comments WHERE comment_author_email = ?", NEW) == [(5,)]


def _is_told(world: Everywhere, number: int) -> None:
    """On her page, in the letter, and to staff: where something stays as it was, and nowhere else."""
    shown = world.own_page(NEW)
    assert f"Gmail, our e-mail {STAYS}" in shown and shown.count(STAYS) == len(WRITTEN)
    for place in ("Stripe, which takes our payments", "WordPress, our website"):
        assert f"{place} Corrected. We have looked again, and it now stands right. {STAYS}" in shown
    done = world.mailbox.to(NEW)[1].get_body(("plain",)).get_content()
    assert " ".join(done.split()).count(STAR) == len(WRITTEN)
    assert {name for name in HOLDERS if world.task(number, name, "verify").text == UNCHANGING} == WRITTEN
