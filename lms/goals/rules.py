"""The arithmetic of goals, without Django: what a person owes, what counts toward it and whether it is met.

Sources: 党员教育管理工作条例 (2019) art. 20 (32 学时 a year for members, 56 for secretaries and committee members, who also attend
at least one 集中培训), art. 23 (the old, the ill and the disabled are not required); 发展党员工作细则 art. 17 (24 学时 or three
days, once); 干部教育培训工作条例 (2023) (90 学时 a year, 550 in five years); domain §2. Who is bound by a line: ``audience``.
"""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

from lms.core.hours import HUNDREDTH, ZERO, round_down

ONLINE = "online"
HALF = Decimal("0.50")
"""A requirement that is divided by months is rounded down to half a 学时: in the person's favour, as credits are."""

Span = tuple[dt.date, dt.date | None]
"""Days from–to, both included; None: open."""

Month = tuple[int, int]
"""(year, month)."""

Pairs = Mapping[tuple[str, str], Decimal]
"""学时 by (mode, category)."""


class Period(StrEnum):
    """Over which time a line looks. Five years: the calendar years that end with the policy's."""

    YEAR = "year"
    ONCE = "once"
    FIVE_YEARS = "five-years"
    DEADLINE = "deadline"


class RoleRule(StrEnum):
    """What a role that changes inside the year makes of the year's goal.

    ``MAX``: who held it on any day owes all of it. ``MONTHS``: a twelfth for each month in which it was held, and a
    twelfth of the goal below it (``Requirement.base``) for each of the others; an open office is taken to go on until
    December. ``LAST_DAY``: all for who holds it on the day of the verdict (31 December; in a running year, today).
    """

    MAX = "max"
    MONTHS = "months"
    LAST_DAY = "last-day"


class Event(StrEnum):
    """What a deadline is counted from."""

    OFFICE = "office"
    JOINED = "joined"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a goal asks for. 学时 throughout.

    ``mode_caps``        the most that a mode may fill, in percent of ``hours``; 100 or absent: no cap
    ``modes``            the only modes that count; empty: all
    ``category_minima``  least 学时 of a category, ``mode_minima`` of a mode; before caps: they ask what was learnt
    ``base``             the goal below a role's goal, for months without the role
    """

    hours: Decimal
    classes: int = 0
    mode_caps: Mapping[str, int] = field(default_factory=dict)
    modes: frozenset[str] = frozenset()
    category_minima: Mapping[str, Decimal] = field(default_factory=dict)
    mode_minima: Mapping[str, Decimal] = field(default_factory=dict)
    base: Decimal = ZERO

    def cap(self, mode: str) -> Decimal | None:
        """Most 学时 of a mode that count; None without a cap."""
        percent = self.mode_caps.get(mode, 100)
        return None if percent >= 100 else (self.hours * percent / 100).quantize(HUNDREDTH, rounding=ROUND_DOWN)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a person is under one requirement. 学时 throughout.

    ``over_caps``: what does not count, by mode; ``shortfalls``: what minima lack, by ``category:skills`` or ``mode:class``.
    ``required`` and ``required_classes`` are this person's, after role and exemption; ``due_on`` is the day of a deadline.
    """

    total: Decimal
    online: Decimal
    counted: Decimal
    over_cap: Decimal
    classes: int
    exempt: bool
    met: bool
    missing_hours: Decimal
    missing_classes: int
    required: Decimal = ZERO
    required_classes: int = 0
    over_caps: Mapping[str, Decimal] = field(default_factory=dict)
    shortfalls: Mapping[str, Decimal] = field(default_factory=dict)
    due_on: dt.date | None = None


def evaluate(
    requirement: Requirement, pairs: Pairs, classes: int, *, exempt: bool = False, due_on: dt.date | None = None
) -> Progress:
    """Weigh a person's hours and classes against a requirement. An exempt person is outside: never met, never missing."""
    by_mode, by_category = _sums(requirement, pairs)
    over_caps = _over_caps(requirement, by_mode)
    total, over_cap = sum(by_mode.values(), ZERO), sum(over_caps.values(), ZERO)
    counted = total - over_cap
    shortfalls = {} if exempt else _shortfalls(requirement, by_mode, by_category)
    missing_hours = ZERO if exempt else max(requirement.hours - counted, ZERO)
    missing_classes = 0 if exempt else max(requirement.classes - classes, 0)
    return Progress(
        total=total,
        online=by_mode.get(ONLINE, ZERO),
        counted=counted,
        over_cap=over_cap,
        classes=classes,
        exempt=exempt,
        met=not (exempt or missing_hours or missing_classes or shortfalls),
        missing_hours=missing_hours,
        missing_classes=missing_classes,
        required=requirement.hours,
        required_classes=requirement.classes,
        over_caps=over_caps,
        shortfalls=shortfalls,
        due_on=due_on,
    )


def _sums(requirement: Requirement, pairs: Pairs) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """学时 by mode and by category, of the modes that count."""
    by_mode: dict[str, Decimal] = {}
    by_category: dict[str, Decimal] = {}
    for (mode, category), hours in pairs.items():
        if not requirement.modes or mode in requirement.modes:
            by_mode[mode] = by_mode.get(mode, ZERO) + hours
            by_category[category] = by_category.get(category, ZERO) + hours
    return by_mode, by_category


def _over_caps(requirement: Requirement, by_mode: Mapping[str, Decimal]) -> dict[str, Decimal]:
    found = {}
    for mode, hours in by_mode.items():
        cap = requirement.cap(mode)
        if cap is not None and hours > cap:
            found[mode] = hours - cap
    return found


def _shortfalls(
    requirement: Requirement, by_mode: Mapping[str, Decimal], by_category: Mapping[str, Decimal]
) -> dict[str, Decimal]:
    minima = (("category", requirement.category_minima, by_category), ("mode", requirement.mode_minima, by_mode))
    return {
        f"{kind}:{name}": least - earned.get(name, ZERO)
        for kind, asked, earned in minima
        for name, least in sorted(asked.items())
        if earned.get(name, ZERO) < least
    }


# -- what one person owes -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Share:
    """Of the months that a line looks at: in how many the role was held and not, those under exemption taken out of both."""

    months: int
    held: int
    other: int


def share_of(window: tuple[dt.date, dt.date], held: Sequence[Span], exempt: Sequence[Span], rule: str) -> Share:
    """Count the months of a window.

    A month counts as held when the role was held on any day of it; as exempt when exemptions cover all its days.
    """
    months = months_between(*window)
    due = [month for month in months if not covers(exempt, month)]
    if rule != RoleRule.MONTHS:
        return Share(len(months), len(due), 0)
    in_role = [month for month in due if touches(held, month)]
    return Share(len(months), len(in_role), len(due) - len(in_role))


def owed(requirement: Requirement, share: Share) -> Requirement:
    """The requirement of one person: hours and minima by months, rounded down to half a 学时; classes are not divided."""
    if share.held == share.months:
        return requirement

    def part(hours: Decimal, base: Decimal = ZERO) -> Decimal:
        return round_down((hours * share.held + base * share.other) / share.months, HALF)

    return replace(
        requirement,
        hours=part(requirement.hours, requirement.base),
        category_minima={name: part(hours) for name, hours in requirement.category_minima.items()},
        mode_minima={name: part(hours) for name, hours in requirement.mode_minima.items()},
    )


def window_of(period: str, year: int, event_on: dt.date | None = None, months: int = 0) -> tuple[dt.date, dt.date]:
    """First and last day that a line of a year's policy looks at; a deadline's last day is the day it falls due."""
    last = dt.date(year, 12, 31)
    if period == Period.ONCE:
        return dt.date.min, last
    if period == Period.FIVE_YEARS:
        return dt.date(year - 4, 1, 1), last
    if period == Period.DEADLINE and event_on is not None:
        return event_on, add_months(event_on, months)
    return dt.date(year, 1, 1), last


# -- what one more activity would change ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Gap:
    """What a goal still lacks: 学时, classes (集中培训), and 学时 of minima by ``category:skills`` or ``mode:class``."""

    hours: Decimal
    classes: int = 0
    minima: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def nothing(self) -> bool:
        """Whether the goal is reached."""
        return not (self.hours > 0 or self.classes > 0 or any(value > 0 for value in self.minima.values()))


@dataclass(frozen=True, slots=True)
class Activity:
    """What one would earn: 学时 in all, the form and the category of it, and whether it is a class (集中培训)."""

    hours: Decimal
    mode: str
    category: str
    is_class: bool = False


def earned_by(activity: Activity, modes: frozenset[str], room: Decimal | None = None) -> Decimal:
    """学时 of an activity that count toward a goal: none of a form that does not, at most ``room`` below its cap (None: no cap)."""
    if modes and activity.mode not in modes:
        return ZERO
    return activity.hours if room is None else max(ZERO, min(activity.hours, room))


def after(gap: Gap, activity: Activity, modes: frozenset[str] = frozenset(), room: Decimal | None = None) -> Gap:
    """What is still lacking after an activity. Minima ask what was learnt: the cap of a form does not bind them."""
    counts = not modes or activity.mode in modes
    helped = {f"category:{activity.category}", f"mode:{activity.mode}"} if counts else set()
    return Gap(
        hours=max(ZERO, gap.hours - earned_by(activity, modes, room)),
        classes=max(0, gap.classes - 1) if activity.is_class else gap.classes,
        minima={
            name: left
            for name, short in gap.minima.items()
            if (left := short - activity.hours if name in helped else short) > 0
        },
    )


def closed_share(before: Gap, left: Gap) -> Decimal:
    """How much of the 学时 that a goal lacked is made good, from 0 to 1; 1 where no 学时 were lacking."""
    lacked = max(before.hours, sum(before.minima.values(), ZERO))
    still = max(left.hours, sum(left.minima.values(), ZERO))
    return Decimal(1) if lacked <= 0 else (lacked - still) / lacked


# -- the calendar -------------------------------------------------------------------------------


def reference_day(year: int, today: dt.date) -> dt.date:
    """The day of the verdict, on which offices and exemptions are looked at: today in a running year, 31 December in a past one."""
    return min(today, dt.date(year, 12, 31)) if today.year >= year else dt.date(year, 1, 1)


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day so many months later, or the last of that month: 29 February + 12 = 28 February, 31 August + 6 = 28 or 29 February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def months_between(first: dt.date, last: dt.date) -> list[Month]:
    """The calendar months from the month of one day to that of another."""
    start, end = first.year * 12 + first.month - 1, last.year * 12 + last.month - 1
    return [(number // 12, number % 12 + 1) for number in range(start, end + 1)]


def _month_days(month: Month) -> tuple[dt.date, dt.date]:
    return dt.date(*month, 1), dt.date(*month, monthrange(*month)[1])


def touches(spans: Iterable[Span], month: Month) -> bool:
    """Whether any of the spans has a day in a month."""
    first, last = _month_days(month)
    return any(start <= last and (end is None or end >= first) for start, end in spans)


def covers(spans: Sequence[Span], month: Month) -> bool:
    """Whether the spans together have every day of a month."""
    day, last = _month_days(month)
    for start, end in sorted(spans, key=lambda span: span[0]):
        if start <= day and (end is None or end >= day):
            if end is None or end >= last:
                return True
            day = end + dt.timedelta(days=1)
    return False


def holds(spans: Iterable[Span], day: dt.date) -> bool:
    """Whether any of the spans has the day."""
    return any(start <= day and (end is None or end >= day) for start, end in spans)


def begun_on(spans: Iterable[Span], day: dt.date) -> dt.date | None:
    """When the unbroken time that has the day began: a re-election is no new beginning. None when the day is in no span."""
    if not holds(spans := list(spans), day):
        return None
    begun = day
    while (earlier := _earliest(spans, begun)) < begun:
        begun = earlier
    return begun


def _earliest(spans: Iterable[Span], day: dt.date) -> dt.date:
    """The first day of the spans that have the day or end on the day before it."""
    before = day - dt.timedelta(days=1)
    return min([start for start, end in spans if start <= day and (end is None or end >= before)], default=day)
