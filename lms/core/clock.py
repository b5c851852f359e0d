"""The clock and the calendar of the county (TIME_ZONE, by default Asia/Shanghai)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

from django.utils import timezone

Interval = tuple[int, int]
"""A stretch of time as (start, end) in whole seconds since 1970 UTC, end not included."""


DAY = dt.timedelta(days=1)

_told: ContextVar[dt.datetime | None] = ContextVar("told", default=None)


@contextmanager
def told(moment: dt.datetime) -> Iterator[None]:
    """Within the block it is ``moment``. The demo county lives through its year by it; nothing else may use it."""
    token = _told.set(moment)
    try:
        yield
    finally:
        _told.reset(token)


def now() -> dt.datetime:
    """The present moment, aware."""
    return _told.get() or timezone.now()


def now_ms() -> int:
    """The present moment in milliseconds since 1970 UTC."""
    return int(now().timestamp() * 1000)


def moment(milliseconds: int) -> dt.datetime:
    """A moment from whole milliseconds since 1970 UTC."""
    return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC)


def today() -> dt.date:
    """Today in the county's time zone."""
    return timezone.localdate(now())


def local_date(moment: dt.datetime) -> dt.date:
    """The county's date of a moment."""
    return timezone.localtime(moment).date()


def day_start(day: dt.date) -> dt.datetime:
    """The first moment of a day, aware."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))


def day_around(seconds: int) -> tuple[dt.date, int, int]:
    """The county's date of a moment (seconds since 1970 UTC), and when that day begins and ends. Quick: for bulk work."""
    return _day_of_quarter(seconds // QUARTER, timezone.get_default_timezone())


QUARTER = 900
"""Wherever clocks are, their midnight falls on a quarter of an hour of UTC."""


@lru_cache(maxsize=100_000)  # a year has 35,040 quarters
def _day_of_quarter(quarter: int, zone: dt.tzinfo) -> tuple[dt.date, int, int]:
    day = dt.datetime.fromtimestamp(quarter * QUARTER, zone).date()
    begin, end = (timezone.make_aware(dt.datetime.combine(one, dt.time.min), zone) for one in (day, day + DAY))
    return day, int(begin.timestamp()), int(end.timestamp())


def year_of(day: dt.date) -> int:
    """The calendar year that hours of a day count in (domain §3: valid in their calendar year)."""
    return day.year


def split_by_day(start: dt.datetime, end: dt.datetime) -> Iterator[tuple[dt.date, Interval]]:
    """Cut a stretch of time at the county's midnights: yields (day, interval) in order."""
    while start < end:
        day = local_date(start)
        stop = min(end, day_start(day + dt.timedelta(days=1)))
        yield day, (int(start.timestamp()), int(stop.timestamp()))
        start = stop
