"""Letters of Kari's that are kept have a last day; on the day after they go by themselves, and Ola's stay."""

from __future__ import annotations

import html
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from app.extensions import db
from app.privacy import keeping, receipts
from app.privacy.errors import Unfit
from app.privacy.keeping import CLAIMS, SALES
from app.privacy.models import PrivacyReceipt, PrivacyRequest
from app.processors import bookkeeping
from app.processors.base import Held, Outcome, Profile
from tests.admin.conftest import Desk, desk, siri
from tests.privacy.test_mailroom import Mailbox
from tests.privacy.test_new_address import Mover
from tests.privacy.world import World
from tests.support.mailbox import Mailbox as Post

__all__ = ["desk", "siri"]

OLAS = {"seven": "correspondence"}
TODAY = date(2026, 11, 22)
MARCH, OCTOBER = datetime(2026, 3, 2, tzinfo=UTC), datetime(2024, 10, 5, tzinfo=UTC)


class Shared(Mailbox):
    """With letters of Ola's, which are found for nobody else."""

    def find(self, profile: Profile) -> list[Held]:
        return [held for held in super().find(profile) if held.id not in OLAS]

    def discard(self, ids: list[str]) -> Outcome:
        there = [id for id in ids if id in self.letters]
        self.letters |= dict.fromkeys(there, "trash")
        return Outcome("pending", check_at=datetime.now(UTC) + timedelta(days=31)) if there else Outcome("erased")


@pytest.fixture
def box(world: World, kari: str) -> Shared:
    world.meet(kari, name="Kari Nordmann")
    found = Shared(one="correspondence", two="correspondence", three="copy")
    world.processors["gmail"] = found
    return found


@pytest.fixture
def waiting(world: World, box: Shared, kari: str, desk: Desk) -> str:
    """Her erasure waits for an answer about two letters, which stand on the page; the value is that page."""
    number = world.erases(kari)
    page, task = f"/admin/requests/{number}", world.task(number, "gmail").id
    desk.get(page)
    assert desk.post(f"{page}/tasks/{task}/look").status_code == 303
    world.work()
    box.letters |= OLAS
    shown = html.unescape(desk.get(f"{page}?lang=en").text)
    assert "If all of them stay that is 31 December 2031 for a sale, and 2 March 2029 for a claim." in shown
    return f"{page}/tasks/{task}/remove"


def answers(world: World, desk: Desk, url: str, **said: object) -> str:
    answer = desk.post(url, {"ground": SALES, **said})  # type: ignore[dict-item]
    world.work()
    assert answer.status_code == (422 if 'class="wrong"' in answer.text else 303)
    return html.unescape(answer.text)


def on(world: World, day: date) -> None:
    with world.later(days=(day - bookkeeping.today()).days):
        world.looks()


def test_they_are_kept_to_the_day_that_follows_and_then_go_by_themselves(
    world: World, box: Shared, desk: Desk, waiting: str, mailbox: Post, kari: str
) -> None:
    answers(world, desk, waiting, letter=["one"])
    task = world.task(1, "gmail")
    assert (task.state, task.law, task.until) == ("kept", SALES, date(2031, 12, 31))
    said = "31 December 2031, because the law demands it (the Norwegian Bookkeeping Act, section 13)"
    norwegian = "til og med 31. desember 2031"
    assert norwegian in _plain(mailbox.to(kari)[-1].get_body(("plain",)).get_content())
    assert said in page_of(world, kari) and said in receipt(world, desk)
    assert f"{norwegian} (bokføringsloven § 13)" in _plain(desk.get(_up(waiting)).text)
    assert world.state(1) == "completed_with_retention"
    del box.letters["one"]
    on(world, date(2031, 12, 31))
    assert box.letters == {"two": "correspondence", **OLAS}
    box.letters["nine"] = "correspondence"  # she writes again, years later: that is not of this request
    on(world, date(2032, 1, 1))
    assert box.letters == {"two": "trash", "nine": "correspondence", **OLAS}
    assert world.task(1, "gmail").state == "polling" and world.state(1) == "completed_with_retention"
    del box.letters["two"]
    with world.later(days=(date(2032, 2, 3) - bookkeeping.today()).days):
        world.looks()
        assert world.state(1) == "closed" and world.task(1, "gmail").state == "verified"
        assert "Gmail, our e-mail Deleted. We have looked again, and nothing is left." in page_of(world, kari)
    assert box.letters == {"nine": "correspondence", **OLAS} and not world.task(1, "gmail").sealed
    with world.app.app_context():
        assert receipts.verify_all().receipts == 4 == db.session.query(PrivacyReceipt).count()


def test_another_day_may_be_chosen_and_what_is_only_permitted_is_said_so(
    world: World, box: Shared, desk: Desk, waiting: str, kari: str
) -> None:
    day = bookkeeping.today() + timedelta(days=90)
    answers(world, desk, waiting, ground="GDPR article 17 (1) (c)", until=day.isoformat())
    assert world.task(1, "gmail").until == day
    assert "as the law permits (GDPR article 17 (1) (c)), and deleted after that" in page_of(world, kari)
    on(world, day + timedelta(days=1))
    assert {id for id, kind in box.letters.items() if kind == "trash"} == {"one", "two"}


BAD = {
    "no day follows": ({"ground": "GDPR article 17 (3) (b)"}, "until", "Write a last day"),
    "no day": ({"until": "snart"}, "until", "2031-12-31"),
    "a day that has been": ({"until": "2020-02-29"}, "until", "must be in the future"),
    "for ever": ({"until": "2099-01-01"}, "until", "thirteen years"),
    "no ground": ({"ground": ""}, "ground", "Choose why"),
}


def test_what_cannot_be_is_said_beside_its_field(world: World, box: Shared, desk: Desk, waiting: str) -> None:
    before = dict(box.letters)
    for name, (said, field, words) in BAD.items():
        shown = answers(world, desk, f"{waiting}?lang=en", letter=["two"], **said)
        assert re.search(rf'id="e-{field}".*?{words}.*?name="{field}"', shown, re.S), name
        assert 'value="two" checked' in shown and 'value="one" checked' not in shown, name
        assert box.letters == before and world.state(1) == "needs_human", name


def test_where_nothing_stays_no_day_is_asked_for(world: World, box: Shared, desk: Desk, waiting: str) -> None:
    answers(world, desk, waiting, letter=["one", "two"], ground="")
    task = world.task(1, "gmail")
    assert (task.state, task.until) == ("manual_done", None) and box.letters["one"] == "trash"


def test_a_letter_that_came_meanwhile_asks_for_a_new_day(
    world: World, box: Shared, desk: Desk, waiting: str, app: Flask
) -> None:
    box.letters["four"] = "correspondence"
    answers(world, desk, waiting)
    task = world.task(1, "gmail")
    assert (task.state, task.until, task.law) == ("manual", None, "")
    with app.app_context():
        assert db.session.get_one(PrivacyRequest, 1).state == "needs_human"


def test_the_day_follows_from_the_ground() -> None:
    year = bookkeeping.Fiscal()
    assert keeping.proposed(SALES, [OCTOBER, MARCH], year) == date(2031, 12, 31)
    assert keeping.proposed(SALES, [MARCH], bookkeeping.Fiscal(6, 30, 10)) == date(2036, 6, 30)
    assert keeping.proposed(CLAIMS, [OCTOBER, MARCH], year) == date(2029, 3, 2)
    assert keeping.proposed(CLAIMS, [datetime(2024, 2, 29, 12, tzinfo=UTC)], year) == date(2027, 2, 28)
    assert keeping.proposed("GDPR article 17 (1) (c)", [MARCH], year) is None


def test_a_day_is_in_the_future_and_at_most_thirteen_years_away() -> None:
    year = bookkeeping.Fiscal()
    for typed in ("2026-11-23", "2039-11-22"):
        assert keeping.last_day(CLAIMS, typed, [MARCH], TODAY, year) == date.fromisoformat(typed)
    for typed, why in (("2026-11-22", "past"), ("2039-11-23", "late"), ("22.11.2030", "unreadable")):
        with pytest.raises(Unfit) as unfit:
            keeping.last_day(CLAIMS, typed, [MARCH], TODAY, year)
        assert unfit.value.why == why
    with pytest.raises(Unfit) as unfit:
        keeping.last_day(CLAIMS, "", [datetime(2020, 1, 1, tzinfo=UTC)], TODAY, year)
    assert unfit.value.why == "over"


def page_of(world: World, kari: str) -> str:
    return _plain(world.app.test_client().get(Mover.page_of(world, kari)).text)  # type: ignore[arg-type]


def receipt(world: World, desk: Desk) -> str:
    return _plain(world.app.test_client().get(f"/privacy/receipt/{world.request(1).word}?lang=en").text)


def _plain(shown: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html.unescape(shown)).split())


def _up(url: str) -> str:
    return url.partition("/tasks")[0]
