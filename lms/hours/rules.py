"""The arithmetic of hours, without Django: what evidence is worth, and what a member's day adds up to.

Sources: domain §3 (the county's table of 学时), 党员教育管理工作条例 (2019) art. 20.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from lms.core.clock import Interval
from lms.core.hours import HUNDREDTH, ZERO, round_down

# Where times overlap, the form that asks more of a person wins: who teaches has not listened, who sits in a class has not
# watched at home. A teacher who comes to the house is a person present, a book or a film is not. A passed test is online.
PRECEDENCE = ("teaching", "class", "lecture", "meeting", "visit", "home", "group", "reading", "online")

CLOCK, TIERS, FACTOR, FIXED = "clock", "tiers", "factor", "fixed"
# By which methods each activity can be priced (domain §3): the first is the default.
METHODS: dict[str, tuple[str, ...]] = {
    "class": (CLOCK,),
    "lecture": (CLOCK,),
    "meeting": (CLOCK,),
    "visit": (CLOCK,),
    "group": (CLOCK, TIERS),
    "online": (CLOCK, TIERS),
    "teaching": (FACTOR,),
    "reading": (CLOCK,),
    "test": (FIXED,),
    "home": (CLOCK,),
}
# Activities that may be measured by half-days and days; everything else is by the minute, the lesson or the piece.
BY_THE_DAY = ("class", "lecture", "meeting", "visit", "teaching")

DOWN, NEAREST = "down", "nearest"

# How fast a film may be watched and still count, in percent of its own pace; only watching alone has a choice.
NORMAL_SPEED, TOP_SPEED = 100, 150

TRIM_OVERLAP = "overlap"
TRIM_CAP = "cap"


@dataclass(frozen=True, slots=True)
class Tariff:
    """One version of a rule as numbers: see ``CreditRule`` for the meaning of each. Hours in 学时, tiers in seconds, speed in percent."""

    name: str
    method: str
    unit_minutes: int
    step: Decimal
    half_day: Decimal
    full_day: Decimal
    tiers: tuple[tuple[int, Decimal], ...]
    day_cap: Decimal
    factor: Decimal = Decimal("1.00")
    fixed: Decimal = ZERO
    rounding: str = DOWN
    speed: int = NORMAL_SPEED


@dataclass(frozen=True, slots=True)
class Claimed:
    """What one source asserts of a day: gross 学时 and the time it covers."""

    source: str
    mode: str
    gross: Decimal
    step: Decimal
    covers: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class Priced:
    """What one source is worth within its day, and why it is less than it asserts (``""``, overlap, cap)."""

    hours: Decimal
    trimmed_by: str = ""
    """A comma-separated list of reasons."""


# -- what evidence is worth -----------------------------------------------------


def rounded(hours: Decimal, tariff: Tariff) -> Decimal:
    """To the tariff's step: down (domain §3: "rounded down to 0.5 unless the row says otherwise") or to the nearest.

    Half a step is rounded up by ``nearest``. What a day trims is always rounded down.
    """
    return round_down(hours + tariff.step / 2 if tariff.rounding == NEAREST else hours, tariff.step)


def hours_by_clock(seconds: int, tariff: Tariff) -> Decimal:
    """学时 for time by the clock, rounded to the tariff's step: 100 min of class at 45 min each = 2.0.

    Teaching is worth its factor times what the listeners get: the rounded hours are multiplied (2.0 × 5 = 10.0).
    """
    hours = rounded(Decimal(max(seconds, 0)) / (60 * tariff.unit_minutes), tariff)
    return _times_factor(hours, tariff)


def _times_factor(hours: Decimal, tariff: Tariff) -> Decimal:
    return (hours * tariff.factor).quantize(HUNDREDTH, ROUND_DOWN) if tariff.method == FACTOR else hours


def hours_by_tier(length_seconds: int, tariff: Tariff) -> Decimal:
    """学时 for a course of a given length: the highest tier that its length reaches (≥ 30 min = 1, 15–30 = 0.5, < 15 = 0.25)."""
    reached = [hours for least, hours in tariff.tiers if length_seconds >= least]
    return max(reached, default=ZERO)


def hours_of_session(seconds: int, measure: str, tariff: Tariff) -> Decimal:
    """学时 for a session: ``day`` and ``half_day`` by the table, ``clock`` by the minute."""
    if measure == "day":
        return _times_factor(tariff.full_day, tariff)
    if measure == "half_day":
        return _times_factor(tariff.half_day, tariff)
    return hours_by_clock(seconds, tariff)


def hours_of(seconds: int, tariff: Tariff) -> Decimal:
    """学时 of one occurrence by the tariff's own method: so long by the clock, a lesson of that length, or a fixed number."""
    if tariff.method == TIERS:
        return hours_by_tier(seconds, tariff)
    if tariff.method == FIXED:
        return tariff.fixed
    return hours_by_clock(seconds, tariff)


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example of a tariff: so much (``seconds``, or a ``measure`` of half_day, day or once) is so many 学时."""

    hours: Decimal
    seconds: int = 0
    measure: str = "clock"


EXAMPLE_MINUTES = (25, 45, 60, 100, 180)


def examples(activity: str, tariff: Tariff) -> list[Example]:
    """What a tariff gives for plain cases of its activity, as the house will price them."""
    if tariff.method == FIXED:
        return [Example(hours_of(0, tariff), measure="once")]
    if tariff.method == TIERS:
        edges = sorted({max(least, 60) for least, _hours in tariff.tiers} | {least - 60 for least, _ in tariff.tiers})
        return [Example(hours_of(seconds, tariff), seconds) for seconds in edges if seconds > 0]
    found = [Example(hours_of(minutes * 60, tariff), minutes * 60) for minutes in EXAMPLE_MINUTES]
    if activity in BY_THE_DAY:
        found += [Example(hours_of_session(0, measure, tariff), measure=measure) for measure in ("half_day", "day")]
    return found


# -- stretches of time ------------------------------------------------------------


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time as sorted, disjoint stretches."""
    merged: list[Interval] = []
    for start, end in sorted(pair for pair in intervals if pair[0] < pair[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def length(intervals: Iterable[Interval]) -> int:
    """Total length of disjoint stretches."""
    return sum(end - start for start, end in intervals)


def subtract(intervals: Iterable[Interval], taken: Iterable[Interval]) -> list[Interval]:
    """What of ``intervals`` lies outside ``taken``."""
    left: list[Interval] = []
    removed = union(taken)
    for start, end in union(intervals):
        reached = start
        for cut_start, cut_end in removed:
            if cut_end <= reached:
                continue
            if cut_start >= end:
                break
            if cut_start > reached:
                left.append((reached, cut_start))
            reached = max(reached, cut_end)
        if reached < end:
            left.append((reached, end))
    return left


# -- a member's day ---------------------------------------------------------------


def _rank(claimed: Claimed) -> tuple[int, int, str]:
    start = claimed.covers[0][0] if claimed.covers else 0
    return (PRECEDENCE.index(claimed.mode), start, claimed.source)


def price_day(day: Sequence[Claimed], cap: Decimal) -> dict[str, Priced]:
    """What each source of one member's day is worth: overlap counted once, then the cap over all sources.

    A pure function of the *set*: sources are taken in order of precedence (then of start, then of name), each keeps the
    share of its hours that falls in time nobody before it took, and the cap is filled in the same order. So any order of
    arrival gives the same day, and what was trimmed comes back when the one that trimmed it is withdrawn.
    """
    taken: list[Interval] = []
    left = cap
    priced: dict[str, Priced] = {}
    for claimed in sorted(day, key=_rank):
        reasons = []
        covers = union(claimed.covers)
        hours = claimed.gross
        if covers:
            free = length(subtract(covers, taken))
            if free < length(covers):
                hours = round_down(hours * free / length(covers), claimed.step)
                reasons.append(TRIM_OVERLAP)
            if claimed.gross > 0:
                taken = union([*taken, *covers])
        if hours > left:
            hours = left
            reasons.append(TRIM_CAP)
        left -= hours
        priced[claimed.source] = Priced(hours, ",".join(reasons))
    return priced
