"""One calendar month in Oslo: month ends, leap days, summer time; warnings at 14, 7 and 3 days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.clock import from_ms, to_ms
from app.privacy import deadline

OSLO = ZoneInfo("Europe/Oslo")
moments = st.datetimes(datetime(2018, 1, 1), datetime(2100, 12, 31), timezones=st.just(UTC))


def oslo(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=OSLO)


def day(moment: datetime) -> date:
    return moment.astimezone(OSLO).date()


@pytest.mark.parametrize(
    ("received", "last_day"),
    [
        ("2026-01-15T12:00", "2026-02-15"),  # a Sunday: the grace until Monday is not taken
        ("2026-01-31T12:00", "2026-02-28"),
        ("2028-01-31T12:00", "2028-02-29"),
        ("2028-01-29T12:00", "2028-02-29"),
        ("2027-01-29T12:00", "2027-02-28"),
        ("2028-02-29T12:00", "2028-03-29"),
        ("2026-02-28T12:00", "2026-03-28"),
        ("2026-08-31T12:00", "2026-09-30"),
        ("2026-12-01T12:00", "2027-01-01"),
        ("2026-12-31T23:59", "2027-01-31"),
        ("2026-02-28T23:30", "2026-03-28"),  # 22:30 UTC, the day before the clocks go forward on 29 March
        ("2026-03-01T00:30", "2026-04-01"),  # 28 February in UTC, and already March in Oslo
        ("2026-09-25T02:30", "2026-10-25"),  # ends on the day with 25 hours
        ("2026-02-28T02:30", "2026-03-28"),
        ("2027-02-28T02:30", "2027-03-28"),  # ends on the day with 23 hours
    ],
)
def test_a_month_has_the_same_number_or_is_at_its_end(received: str, last_day: str) -> None:
    due = deadline.due(oslo(received))
    assert day(due).isoformat() == last_day
    assert day(due + timedelta(milliseconds=1)) == day(due) + timedelta(days=1)


def test_the_hour_that_comes_twice_is_one_day() -> None:
    first = datetime(2026, 10, 25, 2, 30, tzinfo=OSLO, fold=0)
    second = datetime(2026, 10, 25, 2, 30, tzinfo=OSLO, fold=1)
    assert first.astimezone(UTC) != second.astimezone(UTC)
    assert deadline.due(first) == deadline.due(second) == oslo("2026-11-25T23:59:59.999").astimezone(UTC)


def test_the_last_day_of_summer_time_has_25_hours_and_the_first_has_23() -> None:
    long = deadline.due(oslo("2026-09-25T12:00")) - deadline.due(oslo("2026-09-24T12:00"))
    short = deadline.due(oslo("2026-02-28T12:00")) - deadline.due(oslo("2026-02-27T12:00"))
    into_summer = deadline.due(oslo("2027-02-28T12:00")) - deadline.due(oslo("2027-02-27T12:00"))
    assert (long, short, into_summer) == (timedelta(hours=25), timedelta(hours=24), timedelta(hours=23))


@given(moments)
@example(datetime(2028, 2, 29, 22, 59, 59, tzinfo=UTC))
@example(datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC))
@example(datetime(2026, 10, 25, 0, 59, 59, tzinfo=UTC))
def test_it_is_always_the_next_month_and_the_end_of_a_day(received: datetime) -> None:
    due = deadline.due(received)
    months = (day(due).year - day(received).year) * 12 + day(due).month - day(received).month
    assert months == 1
    assert 28 <= (day(due) - day(received)).days <= 31
    assert day(due).day == day(received).day or day(due + timedelta(milliseconds=1)).day == 1
    assert due == from_ms(to_ms(due)), "what is stored is what was meant"


@given(moments, moments)
def test_who_asks_later_is_never_due_earlier(one: datetime, other: datetime) -> None:
    early, late = sorted((one, other))
    assert deadline.due(early) <= deadline.due(late)


@given(moments)
def test_an_extension_is_two_months_more(received: datetime) -> None:
    due = deadline.due(received)
    later = deadline.extended(due)
    assert (day(later).year - day(due).year) * 12 + day(later).month - day(due).month == 2
    assert day(later).day == day(due).day or day(later + timedelta(milliseconds=1)).day == 1
    assert later <= deadline.due(deadline.due(due)) or day(due).day > 28


@given(moments, st.integers(-3, 40), st.integers(0, 23))
def test_days_left_are_counted_by_the_calendar(received: datetime, days: int, hour: int) -> None:
    due = deadline.due(received)
    moment = datetime.combine(day(due) - timedelta(days=days), datetime.min.time(), OSLO).replace(hour=hour)
    assert deadline.days_left(due, moment) == days
    expected = 0 if days > 14 else 14 if days > 7 else 7 if days > 3 else 3
    assert deadline.warning(due, moment) == expected
    assert (due <= deadline.horizon(moment)) == (days <= 14)
