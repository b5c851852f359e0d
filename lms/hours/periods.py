"""Sums of the ledger for any period, by the unit at the time, as they stand or as they were known at a moment."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Case, Max, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Substr

from lms.core.hours import ZERO, from_hundredths
from lms.hours.credit import INCOMPLETE, Mode
from lms.hours.models import HourEntry


@dataclass(frozen=True, slots=True)
class Span:
    """From ``start`` to ``end``, both included, by the lines posted before ``known_on``."""

    start: dt.date
    end: dt.date
    known_on: dt.datetime


@dataclass(frozen=True, slots=True)
class Sums:
    """参训人数 (people with hours that stand), 人次 (people × occasions) and 学时."""

    people: int = 0
    person_times: int = 0
    hours: Decimal = ZERO


def lines(span: Span) -> QuerySet[HourEntry]:
    """Every line of a period that was known, reversals included."""
    return HourEntry.objects.filter(earned_on__range=(span.start, span.end), posted_at__lt=span.known_on).order_by()


def by_child(span: Span, path: str, length: int) -> dict[str, Sums]:
    """Sums of the units below ``path`` by the first ``length`` letters of their path; hours of the unit itself under its own.

    The whole is under ``""``: who moved from one child to another is one person there. Two queries, whatever the size.
    """
    below = lines(span).filter(unit__path__startswith=path)
    grouped = below.annotate(child=Substr("unit__path", 1, length)).values("child", "member_id", "occasion")
    whole = below.annotate(child=Value("")).values("child", "member_id", "occasion")
    return {**_summed(grouped), **_summed(whole)}


def _summed(groups: QuerySet[Any]) -> dict[str, Sums]:
    """(child, member, occasion) whose hours stand, counted by child. The ORM cannot group a grouped query again."""
    inner, parameters = _standing(groups, "child", "member_id")
    outer = f"SELECT s.child, COUNT(DISTINCT s.member_id), COUNT(*), SUM(s.total) FROM ({inner}) AS s GROUP BY s.child"  # noqa: S608
    return {
        child: Sums(people, times, from_hundredths(hours)) for child, people, times, hours in _rows(outer, parameters)
    }


def _standing(groups: QuerySet[Any], *columns: str) -> tuple[str, Any]:
    """A grouped query, cut to what stands, as SQL with parameters; the columns keep their names, the sum is ``total``."""
    standing = groups.annotate(total=Sum("hours")).filter(total__gt=0).values_list(*columns, "total")
    sql, parameters = standing.query.sql_with_params()
    return sql, parameters


def _rows(sql: str, parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


@dataclass(frozen=True, slots=True)
class Taken:
    """What one member took part in: occasions, completed classes (集中培训), 学时."""

    occasions: int
    classes: int
    hours: Decimal


def by_member(span: Span, members: QuerySet[Any]) -> dict[int, Taken]:
    """What each of some members took part in, wherever they belonged; ``members`` is a query of their ids. One query."""
    is_class = Case(When(Q(mode=Mode.CLASS) & ~Q(occasion__endswith=INCOMPLETE), then=1), default=0)
    found = lines(span).filter(member_id__in=members).annotate(is_class=is_class)
    inner, parameters = _standing(found.values("member_id", "is_class", "occasion"), "member_id", "is_class")
    outer = f"SELECT s.member_id, COUNT(*), SUM(s.is_class), SUM(s.total) FROM ({inner}) AS s GROUP BY s.member_id"  # noqa: S608
    return {
        pk: Taken(occasions, int(classes), from_hundredths(hours))
        for pk, occasions, classes, hours in _rows(outer, parameters)
    }


def posted_since(year: int, moment: dt.datetime) -> QuerySet[HourEntry]:
    """The lines of a year that were posted at or after a moment, the latest first, with who and where."""
    return (
        HourEntry.objects.filter(earned_on__year=year, posted_at__gte=moment)
        .select_related("member", "posted_by")
        .order_by("-posted_at", "-id")
    )


def last_entry(known_on: dt.datetime) -> int:
    """The number of the last line posted before a moment; 0 when there is none."""
    return HourEntry.objects.filter(posted_at__lt=known_on).aggregate(last=Max("pk"))["last"] or 0
