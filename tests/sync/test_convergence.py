"""Whatever happens in whatever order, however late and however often: in the end both sides say the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sync.world import PURPOSES, Webhook, World

NOON = datetime.fromisoformat("2026-11-22T12:00:00+00:00")
OFF = {"", "unsubscribed", "cleaned"}
NUMBERS = count()


class Life:
    """One person's doings. News from Mailchimp waits in the post until somebody delivers it, in any order."""

    def __init__(self, world: World, address: str, clock: time_machine.Traveller) -> None:
        self.world, self.address, self.clock = world, address, clock
        self.post: list[Webhook] = []

    def ask(self, purposes: tuple[str, ...]) -> None:
        self.world.ask(self.address, *purposes)

    def confirm(self) -> None:
        self.world.confirm(self.address)

    def withdraw(self, purposes: tuple[str, ...]) -> None:
        self.world.withdraw(self.address, *purposes)

    def leave_mailchimp(self, status: str) -> None:
        news = self.world.leave_mailchimp(self.address, status)
        self.post += [news] if news else []

    def join_mailchimp(self) -> None:
        if self.world.at_mailchimp(self.address)[0] in OFF:
            self.world.mailchimp.store.joins(self.world.mailchimp.audience, self.address)
            self.post.append(self.world.news("subscribe", self.address))

    def leave_sandbox(self) -> None:
        self.world.leave_sandbox(self.address)

    def deliver(self, which: int) -> None:
        """Perhaps again, perhaps before older news."""
        if self.post:
            assert self.world.deliver(self.post[which % len(self.post)]) == 200

    def work(self) -> None:
        self.world.work()

    def push_again(self) -> None:
        self.world.push_again(self.address)

    def wait(self, time: timedelta) -> None:
        self.clock.shift(time)

    def settle(self) -> None:
        """All post is delivered and all queues are drained."""
        for news in self.post:
            assert self.world.deliver(news) == 200
        self.push_again()
        while self.world.work():
            self.clock.shift(timedelta(minutes=1))


some = st.lists(st.sampled_from(PURPOSES), min_size=1, max_size=2, unique=True).map(tuple)
times = st.sampled_from([timedelta(milliseconds=400), timedelta(seconds=2), timedelta(hours=1), timedelta(days=2)])
act = st.one_of(
    st.tuples(st.just("ask"), some),
    st.tuples(st.just("confirm")),
    st.tuples(st.just("confirm")),
    st.tuples(st.just("withdraw"), some),
    st.tuples(st.just("leave_mailchimp"), st.sampled_from(["unsubscribed", "unsubscribed", "cleaned"])),
    st.tuples(st.just("join_mailchimp")),
    st.tuples(st.just("leave_sandbox")),
    st.tuples(st.just("deliver"), st.integers(0, 5)),
    st.tuples(st.just("work")),
    st.tuples(st.just("work")),
    st.tuples(st.just("push_again")),
    st.tuples(st.just("wait"), times),
)
on_the_list = [("ask", PURPOSES), ("confirm",), ("work",), ("wait", timedelta(hours=1))]
lives = st.tuples(st.booleans(), st.lists(act, max_size=14)).map(lambda drawn: on_the_list * drawn[0] + drawn[1])


def agree(world: World, address: str) -> None:
    granted = world.granted(address)
    sandbox, mailchimp = world.at_sandbox(address), world.at_mailchimp(address)
    if not granted:
        assert sandbox[0] in OFF and mailchimp[0] in OFF and not (sandbox[1] | mailchimp[1])
        return
    assert sandbox == ("subscribed", granted)
    if world.state(address, "mailchimp") == "manual":  # left there once, and Mailchimp lets only her own click undo it
        assert mailchimp[0] in OFF
    else:
        assert mailchimp == ("subscribed", granted)


@pytest.mark.slow
@pytest.mark.timeout(300)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(life=lives)
def test_any_order_and_repetition_ends_in_agreement(world: World, ola: str, life: list[tuple[object, ...]]) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        if not world.granted(ola):
            world.meet(ola, name="Ola Nordmann")
            world.subscribe(ola, *PURPOSES)
            world.work()
        untouched = world.everything(ola)
        kari = Life(world, f"kari{next(NUMBERS)}@example.no", clock)
        world.meet(kari.address)
        for name, *arguments in life:
            verb: Callable[..., None] = getattr(kari, str(name))
            verb(*arguments)
        kari.settle()
        agree(world, kari.address)
        settled = world.everything(kari.address)
        kari.settle()
        assert world.everything(kari.address) == settled
        assert world.everything(ola) == untouched
        assert world.failed() == []
