"""The arithmetic of hours, without Django: what evidence is worth, and what a member's day adds up to.

Sources: domain §3 (the county's table of 学时), 党员教育管理工作条例 (2019) art. 20.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from lms.core.clock import Interval
from lms.core.hours import ZERO, round_down

# Where times overlap, the form that asks more of a person wins: who sits in a class has not watched at home.
PRECEDENCE = ("class", "lecture", "meeting", "visit", "group", "online")

TRIM_OVERLAP = "overlap"
TRIM_CAP = "cap"


@dataclass(frozen=True, slots=True)
class Tariff:
    """One version of a rule as numbers: see ``CreditRule`` for the meaning of each. Hours in 学时, tiers in seconds."""

    name: str
    method: str
    unit_minutes: int
    step: Decimal
    half_day: Decimal
    full_day: Decimal
    tiers: tuple[tuple[int, Decimal], ...]
    day_cap: Decimal


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


def hours_by_clock(seconds: int, tariff: Tariff) -> Decimal:
    """学时 for time by the clock, rounded down to the tariff's step: 100 min of class at 45 min each = 2.0."""
    return round_down(Decimal(max(seconds, 0)) / (60 * tariff.unit_minutes), tariff.step)


def hours_by_tier(length_seconds: int, tariff: Tariff) -> Decimal:
    """学时 for a course of a given length: the highest tier that its length reaches (≥ 30 min = 1, 15–30 = 0.5, < 15 = 0.25)."""
    reached = [hours for least, hours in tariff.tiers if length_seconds >= least]
    return max(reached, default=ZERO)


def hours_of_session(seconds: int, measure: str, tariff: Tariff) -> Decimal:
    """学时 for a session: ``day`` and ``half_day`` by the table, ``clock`` by the minute."""
    if measure == "day":
        return tariff.full_day
    if measure == "half_day":
        return tariff.half_day
    return hours_by_clock(seconds, tariff)


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
