"""Arithmetic of calendars: what overlaps, when something is free, how many are in one place at once, which days repeat."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice, pairwise
from operator import attrgetter

MOST_REPEATS = 60
"""As many sessions as the form of a training takes."""
LONGEST_SERIES = dt.timedelta(days=366)
YEAR_OF_WEEKS = dt.timedelta(weeks=52)
"""A year that keeps the day of the week: 364 days."""


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A stretch of time, its end not included: who leaves at ten and who comes at ten do not meet."""

    starts_at: dt.datetime
    ends_at: dt.datetime

    def overlaps(self, other: Slot) -> bool:
        """Whether both run at some moment."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


def free_slots(wanted: Slot, taken: Iterable[Slot], windows: Iterable[Slot], count: int = 3) -> list[Slot]:
    """The next ``count`` stretches as long as ``wanted``, from its beginning on, free of ``taken``.

    Within ``windows`` (working hours), which come in order and do not overlap; no more of them are asked for than needed.
    """
    return list(islice(_free(wanted, sorted(taken, key=attrgetter("starts_at")), windows), count))


def _free(wanted: Slot, taken: Sequence[Slot], windows: Iterable[Slot]) -> Iterator[Slot]:
    """One walk along the calendar: ``taken`` lies in the order of its beginnings, each is looked at once."""
    length = wanted.ends_at - wanted.starts_at
    ahead = iter(taken)
    next_taken = next(ahead, None)
    for window in windows:
        start = max(window.starts_at, wanted.starts_at)
        while start + length <= window.ends_at:
            while next_taken is not None and next_taken.ends_at <= start:
                next_taken = next(ahead, None)
            if next_taken is not None and next_taken.starts_at < start + length:
                start = next_taken.ends_at
            else:
                yield Slot(start, start + length)
                start += length


def peak(wanted: Slot, others: Iterable[tuple[Slot, int]]) -> int:
    """How many people of ``others`` (stretch, heads) are there at once at the fullest moment of ``wanted``."""
    near = [(slot, heads) for slot, heads in others if slot.overlaps(wanted)]
    moments = {wanted.starts_at} | {slot.starts_at for slot, _heads in near if slot.starts_at > wanted.starts_at}
    return max(sum(heads for slot, heads in near if slot.starts_at <= at < slot.ends_at) for at in moments)


def crowded(others: Iterable[tuple[Slot, int]], most: int) -> list[Slot]:
    """The stretches in which more than ``most`` people of ``others`` (stretch, heads) are there at once."""
    change: dict[dt.datetime, int] = {}
    for slot, heads in others:
        change[slot.starts_at] = change.get(slot.starts_at, 0) + heads
        change[slot.ends_at] = change.get(slot.ends_at, 0) - heads
    moments = sorted(change)
    there = accumulate(change[at] for at in moments)
    return [Slot(begin, end) for (begin, end), heads in zip(pairwise(moments), there, strict=False) if heads > most]


def repeats(
    first: dt.date, *, weekdays: Iterable[int] = (), every_days: int = 7, times: int = 0, until: dt.date | None = None
) -> list[dt.date]:
    """The days of a series, the first day among them, at most ``MOST_REPEATS`` within ``LONGEST_SERIES``.

    By ``weekdays`` (0 is Monday) on each such day after the first, else every so many days; it ends after ``times`` days
    or on ``until``, whichever comes first. Raises ValueError when neither end is given.
    """
    if not times and until is None:
        raise ValueError("a series needs an end")
    last = min(until or dt.date.max, first + LONGEST_SERIES)
    most = min(times or MOST_REPEATS, MOST_REPEATS)
    return list(islice(_series(first, frozenset(weekdays), every_days, last), most))


def _series(first: dt.date, weekdays: frozenset[int], every_days: int, last: dt.date) -> Iterator[dt.date]:
    step = 1 if weekdays else every_days
    day = first
    while day <= last:
        if day == first or not weekdays or day.weekday() in weekdays:
            yield day
        day += dt.timedelta(days=step)


def years_on(first: dt.date, today: dt.date) -> dt.timedelta:
    """By how much a past training is shifted to lie ahead: whole years of 52 weeks, so that a Thursday stays a Thursday."""
    shift = YEAR_OF_WEEKS
    while first + shift <= today:
        shift += YEAR_OF_WEEKS
    return shift
