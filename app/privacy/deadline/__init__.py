"""When a request must have been answered: one calendar month, in Oslo's time.

GDPR article 12 (3), counted as Regulation (EEC, Euratom) 1182/71 article 3 (2) (c) says: the period ends with the last
hour of the day that has the same number as the day it began, or of the month's last day where there is no such day. Its
article 3 (4) moves an end that falls on a Saturday, a Sunday or a holiday to the next working day. We do not take that
grace: the day shown is never later than the law's, and needs no calendar of holidays.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

OSLO = ZoneInfo("Europe/Oslo")
LAST = time(23, 59, 59, 999000)  # what can be stored is cut to milliseconds
WARN = (14, 7, 3)  # days left


def due(received_at: datetime) -> datetime:
    """The last moment of the day one month after the day of receipt."""
    return _end_of(_months_later(_day(received_at), 1))


def extended(due_at: datetime) -> datetime:
    """The last moment of the day two months after the one that was due (article 12 (3), second sentence)."""
    return _end_of(_months_later(_day(due_at), 2))


def days_left(due_at: datetime, moment: datetime) -> int:
    """Days between two dates in Oslo: 0 on the last day, negative when it is too late."""
    return (_day(due_at) - _day(moment)).days


def warning(due_at: datetime, moment: datetime) -> int:
    """The closest of 14, 7 and 3 days that has been reached; 0 while there is more time than that."""
    return min((days for days in WARN if days_left(due_at, moment) <= days), default=0)


def horizon(moment: datetime) -> datetime:
    """The end of the last day about which there may be something to warn of."""
    return _end_of(_day(moment) + timedelta(days=max(WARN)))


def _day(moment: datetime) -> date:
    return moment.astimezone(OSLO).date()


def _end_of(day: date) -> datetime:
    return datetime.combine(day, LAST, OSLO).astimezone(UTC)


def _months_later(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
