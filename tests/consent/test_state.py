"""State is a pure function of the events, whatever order they are read in."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.consent.state import fold

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Event:
    id: str
    type: str
    at: datetime
    responds_to: str = ""
    method: str = "form_checkbox"
    purpose: str = "newsletter"
    text_hash: str = ""


def story(*steps):
    return [Event(f"e{n}", type_, START + n * timedelta(hours=1), answers) for n, (type_, answers) in enumerate(steps)]


def newsletter(events, now=START + DAY):
    return fold(events, now)["newsletter"].state


def test_asking_alone_is_not_consent():
    assert newsletter(story(("requested", ""))) == "asked"


def test_a_confirmation_answers_its_request():
    assert newsletter(story(("requested", ""), ("confirmed", "e0"))) == "confirmed"


def test_a_withdrawal_beats_an_older_confirm_link():
    assert newsletter(story(("requested", ""), ("withdrawn", ""), ("confirmed", "e0"))) == "withdrawn"


def test_a_newer_request_voids_the_older_link():
    assert newsletter(story(("requested", ""), ("requested", ""), ("confirmed", "e0"))) == "asked"


def test_asking_again_does_not_weaken_a_yes():
    assert newsletter(story(("requested", ""), ("confirmed", "e0"), ("requested", ""))) == "confirmed"


def test_a_request_grows_old_after_seven_days():
    events = story(("requested", ""))
    assert newsletter(events, START + 7 * DAY - timedelta(seconds=1)) == "asked"
    assert newsletter(events, START + 7 * DAY) == "expired"


def test_a_confirmation_that_comes_too_late_is_none():
    late = Event("e9", "confirmed", START + 8 * DAY, "e0")
    assert newsletter([*story(("requested", "")), late], START + 9 * DAY) == "expired"


def test_an_import_never_revives_somebody_who_left():
    assert newsletter(story(("withdrawn", ""), ("imported", ""))) == "withdrawn"


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        ([("requested", ""), ("expired", "e0")], "expired"),
        ([("requested", ""), ("requested", ""), ("expired", "e0")], "asked"),
        ([("requested", ""), ("confirmed", "e0"), ("expired", "e0")], "confirmed"),
        ([("requested", ""), ("confirmed", "e0"), ("expired", "")], "confirmed"),
        ([("requested", ""), ("withdrawn", ""), ("expired", "e0")], "withdrawn"),
        ([("requested", ""), ("expired", "e0"), ("confirmed", "e0")], "expired"),
        ([("imported", "")], "confirmed"),
        ([("imported", ""), ("objected", "")], "withdrawn"),
        ([("imported", ""), ("invalidated", "")], "withdrawn"),
        ([("imported", ""), ("erased", "")], "none"),
    ],
)
def test_each_step_counts_for_what_it_answers_and_no_more(steps, state):
    assert newsletter(story(*steps)) == state


def test_a_yes_behind_a_fresh_link_answers_no_request_and_brings_back_whoever_left():
    events = story(("withdrawn", ""), ("confirmed", ""))
    assert newsletter(events) == "withdrawn"
    assert newsletter([events[0], replace(events[1], method="preference_page")]) == "confirmed"


def test_purposes_do_not_touch_each_other():
    other = Event("x", "withdrawn", START + 2 * DAY, purpose="offers")
    states = fold([*story(("requested", ""), ("confirmed", "e0")), other], START + 3 * DAY)
    assert (states["newsletter"].state, states["offers"].state) == ("confirmed", "withdrawn")


types = st.sampled_from(["requested", "confirmed", "withdrawn", "expired", "imported", "objected", "erased"])


@given(st.lists(st.tuples(types, st.integers(0, 8)), max_size=9), st.randoms(use_true_random=False))
def test_any_order_of_reading_and_any_repetition_gives_the_same_state(steps, random: Random):
    events = story(*((type_, f"e{n}") for type_, n in steps))
    shuffled = events + random.choices(events, k=3) if events else []
    random.shuffle(shuffled)
    assert fold(shuffled, START + DAY) == fold(events, START + DAY)
