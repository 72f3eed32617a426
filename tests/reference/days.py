"""Clocks, days and months."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

PERIODS = ("day", "week", "month")


def in_utc(local: datetime, time_zone: str) -> datetime:
    """Tell in UTC what a clock of the property showed.

    "An hour that the clock skips counts on, one that it repeats is the second": the
    later of the two readings.
    """
    readings = (local.replace(tzinfo=ZoneInfo(time_zone), fold=fold) for fold in (0, 1))
    return max(reading.astimezone(UTC) for reading in readings).replace(tzinfo=None)


def local_day(moment: datetime, time_zone: str) -> date:
    """Return the property's local day of a moment in UTC."""
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(time_zone)).date()


def end_of(day: date, time_zone: str) -> datetime:
    """Return "the last microsecond of that date", in UTC."""
    return in_utc(datetime.combine(day, time.max), time_zone)


def first_day(period: str, day: date) -> date:
    """Return the first day of its period; "weeks begin on Monday"."""
    if period == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == "month" else day


def month(day: date) -> int:
    """Count the calendar months since the year 0."""
    return 12 * day.year + day.month - 1


def first_of(number: int) -> date:
    """Return the first day of a numbered month."""
    return date(number // 12, number % 12 + 1, 1)


def is_over(number: int, until: date | None) -> bool:
    """Tell whether a month is over: "when the data reach its last day"."""
    if until is None:
        return False
    first = first_of(number)
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    return last <= until
