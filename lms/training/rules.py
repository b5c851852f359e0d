"""What a training session is worth to one person, without Django.

Sources: domain §3 (the county's table of 学时) and docs/decisions/0008-hours-of-a-training.md, which says what was decided
where the table is silent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from lms.core.clock import Interval, local_date, split_by_day
from lms.core.hours import ZERO, round_down
from lms.hours.rules import Tariff, hours_by_clock, hours_of_session

CLOCK = "clock"
PRESENT = "present"
# Domain §3, last row: leave of more than 1/7 of a class's hours means that it was not completed.
MOST_MISSED = Fraction(1, 7)

TariffOf = Callable[[dt.date], Tariff]
"""The rule version in force on a day."""


class Session(NamedTuple):
    """When a session runs and how it is measured: ``clock``, ``half_day`` or ``day``."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    measure: str

    @property
    def seconds(self) -> int:
        """Length of the session."""
        return int((self.ends_at - self.starts_at).total_seconds())


class Tick(NamedTuple):
    """One person's mark; without times a present person was there from the first minute to the last."""

    status: str
    arrived_at: dt.datetime | None = None
    left_at: dt.datetime | None = None


class DayHours(NamedTuple):
    """学时 earned on one day of the county, the time they cover and the name of the rule."""

    day: dt.date
    hours: Decimal
    covers: Interval
    tariff: Tariff


def time_there(session: Session, tick: Tick) -> tuple[dt.datetime, dt.datetime] | None:
    """From when to when the person was in the session, clipped to it; None for leave, absence or a visit outside it."""
    if tick.status != PRESENT:
        return None
    start = max(session.starts_at, tick.arrived_at or session.starts_at)
    end = min(session.ends_at, tick.left_at or session.ends_at)
    return (start, end) if start < end else None


def hours_by_day(session: Session, tick: Tick, tariff_of: TariffOf) -> list[DayHours]:
    """学时 of one person's presence, one row a day (a session across midnight or New Year is split there).

    Who was there all the time gets the session's measure. Who came late or left early gets the minutes by the clock, at
    the activity's own rate and never more than the measure: a half-day is for a half-day (domain §3: "half day = 4, below
    that 60 min = 1"). A day's share of a half-day or day that crosses midnight follows the minutes.
    """
    there = time_there(session, tick)
    if there is None:
        return []
    whole = there == (session.starts_at, session.ends_at)
    found = []
    for day, (start, end) in split_by_day(*there):
        tariff = tariff_of(day)
        hours = _hours(end - start, session, tariff, whole=whole)
        if hours > ZERO:
            found.append(DayHours(day, hours, (start, end), tariff))
    return found


def _hours(seconds: int, session: Session, tariff: Tariff, *, whole: bool) -> Decimal:
    if session.measure == CLOCK:
        return hours_by_clock(seconds, tariff)
    full = hours_of_session(session.seconds, session.measure, tariff)
    if not whole:
        return min(hours_by_clock(seconds, tariff), full)
    return full if seconds == session.seconds else round_down(full * seconds / session.seconds, tariff.step)


def missed(session: Session, tick: Tick) -> Fraction:
    """The share of a session (0 to 1) that the person was not there for, whatever the reason."""
    there = time_there(session, tick)
    if there is None:
        return Fraction(1)
    return 1 - Fraction(int((there[1] - there[0]).total_seconds()), session.seconds)


def completed(
    marks: Iterable[tuple[Session, Tick]],
    tariff_of_start: Callable[[Session], Tariff],
    made_up: Mapping[Session, Decimal] | None = None,
) -> bool:
    """Whether a class was attended: not more than 1/7 of its hours was missed by leave, absence, late or early.

    ``marks`` has every session of the class with the person's tick; hours are those of the full session. ``made_up``: the
    学时 of a session that he made up later (补学), which were not missed.
    """
    total = lost = Fraction(0)
    for session, tick in marks:
        full = Fraction(hours_of_session(session.seconds, session.measure, tariff_of_start(session)))
        total += full
        regained = Fraction((made_up or {}).get(session, ZERO))
        lost += max(Fraction(0), full * missed(session, tick) - regained)
    return lost <= total * MOST_MISSED


def short_of(session: Session, tick: Tick, tariff_of: TariffOf) -> Decimal:
    """学时 of a session that the person did not earn by being there: the most that a make-up of it can be worth."""
    full = hours_of_session(session.seconds, session.measure, tariff_of(local_date(session.starts_at)))
    earned = sum((row.hours for row in hours_by_day(session, tick, tariff_of)), ZERO)
    return max(ZERO, full - earned)


def hours_made_up(start: dt.datetime, end: dt.datetime, short: Decimal, tariff_of: TariffOf) -> list[DayHours]:
    """学时 of a lesson made up from ``start`` to ``end``, one row a day: by the clock, in all never more than ``short``."""
    found = []
    for day, (first, last) in split_by_day(start, end):
        tariff = tariff_of(day)
        hours = min(hours_by_clock(last - first, tariff), short)
        short -= hours
        if hours > ZERO:
            found.append(DayHours(day, hours, (first, last), tariff))
    return found


class Terms(NamedTuple):
    """What a class asks for beside attendance: a reflection (心得), a score of at least ``pass_mark`` (of 100)."""

    reflection: bool = False
    pass_mark: int | None = None


class Result(NamedTuple):
    """What one person has to show for it."""

    reflected: bool = False
    score: int | None = None


def lacking(terms: Terms, result: Result) -> list[str]:
    """What is still missing: ``reflection``, ``score`` (none yet), ``mark`` (below the mark); empty when all is there."""
    found = []
    if terms.reflection and not result.reflected:
        found.append("reflection")
    if terms.pass_mark is not None and result.score is None:
        found.append("score")
    elif terms.pass_mark is not None and result.score is not None and result.score < terms.pass_mark:
        found.append("mark")
    return found
