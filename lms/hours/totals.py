"""Reads of the ledger: what stands for whom. Goals and reports know the hours by these functions only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, F, Q, QuerySet, Sum

from lms.core.hours import ZERO, from_hundredths
from lms.hours.credit import INCOMPLETE
from lms.hours.ledger import price
from lms.hours.models import Assertion, HourEntry


@dataclass(slots=True)
class Totals:
    """One member's standing hours of a year: 学时 by mode, by category and by both, and the classes (集中培训) attended."""

    by_mode: dict[str, Decimal] = field(default_factory=dict)
    by_category: dict[str, Decimal] = field(default_factory=dict)
    by_pair: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    classes: int = 0
    occasions: int = 0

    @property
    def hours(self) -> Decimal:
        """All standing 学时, before any cap of a goal."""
        return sum(self.by_mode.values(), ZERO)


class Standing(NamedTuple):
    """Standing 学时 of one activity: of a day, or of several together."""

    member_id: int
    mode: str
    category: str
    occasion: str
    hours: Decimal


def of_members(
    member_ids: Iterable[int], year: int, *, known_on: dt.datetime | None = None, until: dt.date | None = None
) -> dict[int, Totals]:
    """Totals of a year for many members in one query; members without a line are absent.

    ``known_on`` leaves out lines posted at or after a moment (what was known then), ``until`` hours earned after a day.
    """
    lines = HourEntry.objects.filter(
        member_id__in=list(member_ids),
        earned_on__gte=dt.date(year, 1, 1),
        earned_on__lte=until or dt.date(year, 12, 31),
    )
    if known_on is not None:
        lines = lines.filter(posted_at__lt=known_on)
    per_occasion = (
        lines.order_by()
        .values("member_id", "mode", "category", "occasion")
        .annotate(total=Sum("hours"))
        .filter(total__gt=0)
        .values_list("member_id", "mode", "category", "occasion", "total")
    )
    return summed(Standing(*values) for values in per_occasion)


def summed(rows: Iterable[Standing]) -> dict[int, Totals]:
    """Totals by member of what stands, the same activity any number of times."""
    found: dict[int, Totals] = {}
    seen: dict[int, set[tuple[str, str]]] = {}
    for member_id, mode, category, occasion, total in rows:
        totals = found.setdefault(member_id, Totals())
        totals.by_mode[mode] = totals.by_mode.get(mode, ZERO) + total
        totals.by_category[category] = totals.by_category.get(category, ZERO) + total
        totals.by_pair[mode, category] = totals.by_pair.get((mode, category), ZERO) + total
        seen.setdefault(member_id, set()).add((mode, occasion))
    for member_id, occasions in seen.items():
        found[member_id].classes = sum(
            1 for mode, occasion in occasions if mode == "class" and not occasion.endswith(INCOMPLETE)
        )
        found[member_id].occasions = len(occasions)
    return found


class Earned(NamedTuple):
    """Standing 学时 that one activity earned a member on one day."""

    member_id: int
    day: dt.date
    mode: str
    category: str
    occasion: str
    hours: Decimal

    @property
    def is_class(self) -> bool:
        """Whether it is (part of) a completed class, 集中培训."""
        return self.mode == "class" and not self.occasion.endswith(INCOMPLETE)


def by_day(
    member_ids: Iterable[int], *, since: dt.date, until: dt.date, known_on: dt.datetime | None = None
) -> list[Earned]:
    """What stands of some members by day and activity, for goals that look at other days than a year's; one query."""
    lines = HourEntry.objects.filter(member_id__in=list(member_ids), earned_on__gte=since, earned_on__lte=until)
    if known_on is not None:
        lines = lines.filter(posted_at__lt=known_on)
    rows = lines.order_by().values("member_id", "earned_on", "mode", "category", "occasion")
    return [
        Earned(*values)
        for values in rows.annotate(total=Sum("hours"))
        .filter(total__gt=0)
        .values_list("member_id", "earned_on", "mode", "category", "occasion", "total")
    ]


def entries(member_id: int, year: int) -> QuerySet[HourEntry]:
    """Every ledger line of a member's year, reversals included, the newest day first."""
    return HourEntry.objects.filter(member_id=member_id, earned_on__year=year).order_by(
        "-earned_on", "source", "sequence"
    )


def standing(lines: Iterable[HourEntry]) -> list[HourEntry]:
    """Of some lines, those that stand: the last line of a source when it is a credit."""
    last: dict[str, HourEntry] = {}
    for entry in lines:
        if entry.source not in last or entry.sequence > last[entry.source].sequence:
            last[entry.source] = entry
    return [entry for entry in last.values() if not entry.is_reversal]


def lines_that_stand(
    member_id: int, *, since: dt.date, until: dt.date, known_on: dt.datetime | None = None
) -> list[HourEntry]:
    """The lines of one member that stand for some days, by what was recorded before a moment, the earliest day first."""
    lines = HourEntry.objects.filter(member_id=member_id, earned_on__gte=since, earned_on__lte=until)
    if known_on is not None:
        lines = lines.filter(posted_at__lt=known_on)
    return sorted(standing(lines.order_by("source", "sequence")), key=lambda line: (line.earned_on, line.source))


class Trimmed(NamedTuple):
    """What a source asserts (``gross`` 学时) and what its day left of it; ``reasons``: ``overlap``, ``cap`` (of the day)."""

    source: str
    day: dt.date
    title: str
    mode: str
    category: str
    gross: Decimal
    hours: Decimal
    reasons: tuple[str, ...]


def trimmed(member_id: int, *, since: dt.date, until: dt.date) -> list[Trimmed]:
    """The sources of one member that are worth less than they assert, those worth nothing included, as of now."""
    days: dict[dt.date, list[Assertion]] = {}
    rows = Assertion.objects.filter(member_id=member_id, earned_on__gte=since, earned_on__lte=until)
    for row in rows.order_by("earned_on", "source"):
        days.setdefault(row.earned_on, []).append(row)
    return [found for asserted in days.values() for found in _trimmed_on(asserted)]


def _trimmed_on(rows: list[Assertion]) -> Iterator[Trimmed]:
    prices = price(rows)
    for row in rows:
        priced = prices[row.source]
        if priced.hours < row.gross:
            reasons = tuple(reason for reason in priced.trimmed_by.split(",") if reason)
            facts = (row.source, row.earned_on, row.title, row.mode, row.category, row.gross, priced.hours)
            yield Trimmed(*facts, reasons)


def visible_entries() -> QuerySet[HourEntry]:
    """The ledger for ``visible(...)``: what an inspector may open, line by line."""
    return HourEntry.objects.select_related("member", "unit", "posted_by")


def assertion_of(source: str) -> Assertion | None:
    """What a source asserts: its gross hours, time and rule (the way from a line to its evidence)."""
    return Assertion.objects.filter(source=source).select_related("member").first()


def of_occasion(occasion: str, member_ids: Iterable[int]) -> dict[int, Decimal]:
    """Standing 学时 that one activity earned each of some members; who earned nothing is absent."""
    lines = HourEntry.objects.filter(member_id__in=list(member_ids), occasion=occasion).order_by().values("member_id")
    return dict(lines.annotate(total=Sum("hours")).filter(total__gt=0).values_list("member_id", "total"))


def person_times(year: int, unit_path: str) -> int:
    """人次: occasions with standing hours under a unit at the time, in a year."""
    return (
        HourEntry.objects.filter(earned_on__year=year, unit__path__startswith=unit_path)
        .order_by()
        .values("member_id", "occasion")
        .annotate(total=Sum("hours"))
        .filter(total__gt=0)
        .count()
    )


def by_month(year: int, unit_path: str) -> list[tuple[int, Decimal]]:
    """Standing 学时 earned under a unit at the time, by month of a year."""
    rows = (
        HourEntry.objects.filter(earned_on__year=year, unit__path__startswith=unit_path)
        .order_by()
        .values("earned_on__month")
        .annotate(total=Sum("hours"))
        .values_list("earned_on__month", "total")
    )
    found = dict(rows)
    return [(month, found.get(month, ZERO)) for month in range(1, 13)]


def counts() -> dict[str, Any]:
    """How many lines and members the ledger has, and the hours that stand in all."""
    row = HourEntry.objects.aggregate(
        entries=Count("id"),
        members=Count("member", distinct=True),
        total=Sum(F("hours"), filter=Q(hours__isnull=False)),
    )
    return {**row, "total": row["total"] or from_hundredths(0)}


def by_category(year: int, unit_path: str) -> list[tuple[str, Decimal]]:
    """Standing 学时 earned under a unit at the time, by category, the largest first."""
    rows = (
        HourEntry.objects.filter(earned_on__year=year, unit__path__startswith=unit_path)
        .order_by()
        .values("category")
        .annotate(total=Sum("hours"))
        .values_list("category", "total")
    )
    return sorted(((name, total) for name, total in rows if total), key=lambda pair: -pair[1])


def chain(source: str) -> list[HourEntry]:
    """Every line of one source in order: credited, reversed, credited again."""
    return list(HourEntry.objects.filter(source=source).select_related("posted_by").order_by("sequence"))
