"""Standings and roll-ups: derived from the ledger, moved with each post in the same transaction, rebuilt at will.

A standing says how far one member is under one goal line. A roll-up row sums the standings of a unit and all below it.
Both follow from ``hours.totals`` and the roster alone; ``audit_hours`` proves that what is stored equals what follows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from lms.core import clock
from lms.core.hours import to_hundredths
from lms.goals.models import Exemption, GoalLine, GoalPolicy, Rollup, Standing
from lms.goals.rules import evaluate, reference_day
from lms.goals.selectors import requirement_of
from lms.hours import totals
from lms.hours.totals import Totals
from lms.members import history
from lms.members import rules as member_rules
from lms.members.models import Member, Post, Unit

CHUNK = 500
T = TypeVar("T")
# Additive columns of a roll-up, in the order of ``contribution``.
SUMS = ("members", "exempt", "met", "hours", "assessed_hours", "occasions", "reached", "zero")
# What a standing stores besides its key.
FACTS = ("unit_id", "exempt", "met", "total", "counted", "online", "classes", "occasions")
Sums = tuple[object, ...]


def on_hours_settled(touched: dict[int, set[int]]) -> None:
    """Hook of the ledger: {member id: years}."""
    by_year: dict[int, list[int]] = {}
    for member_id, years in touched.items():
        for year in years:
            by_year.setdefault(year, []).append(member_id)
    for year in sorted(by_year):
        refresh(by_year[year], [year])


def on_members_changed(member_ids: list[int]) -> None:
    """Hook of the roster: unit, state, category or offices changed. A closed year's verdict stays with its cut-off."""
    refresh(member_ids, [clock.year_of(clock.today())])


@transaction.atomic
def refresh(member_ids: Iterable[int], years: Iterable[int]) -> None:
    """Make the standings of some members, and the roll-ups above them, follow the ledger and the roster."""
    ids = sorted(set(member_ids))
    for policy in GoalPolicy.objects.filter(year__in=list(years), state=GoalPolicy.State.PUBLISHED).order_by("year"):
        lines = list(policy.lines.all())
        moved: dict[tuple[str, int], list[object]] = {}
        for chunk in _chunks(ids, CHUNK):
            _refresh_chunk(policy, lines, chunk, moved)
        _move_rollups(moved)


def expected(
    policy: GoalPolicy,
    lines: Sequence[GoalLine],
    member_ids: Sequence[int],
    *,
    day: dt.date | None = None,
    known_on: dt.datetime | None = None,
    roster_on: dt.datetime | None = None,
) -> dict[tuple[int, int], Standing]:
    """The standings that follow from ledger and roster, unsaved, by (line id, member id).

    ``day`` looks at an earlier day (offices, exemptions, hours earned until then), ``known_on`` at what was recorded before
    a moment, the roster included unless ``roster_on`` names another moment for it.
    """
    until = None if day is None else min(day, dt.date(policy.year, 12, 31))
    day = reference_day(policy.year, day or clock.today())
    units = _bound(member_ids, roster_on or known_on)
    leaders = _ids(Post.objects.held(day, known_on).filter(member_id__in=member_ids))
    exempt = _ids(exemptions_known(known_on).filter(member_id__in=member_ids, starts_on__lte=day, ends_on__gte=day))
    earned = totals.of_members(member_ids, policy.year, known_on=known_on, until=until)
    found = {}
    for pk, unit_id in units.items():
        for line in lines:
            if line.audience == GoalLine.Audience.LEADERS and pk not in leaders:
                continue
            found[line.pk, pk] = _standing(line, (pk, unit_id), earned.get(pk, Totals()), pk in exempt)
    return found


def _bound(member_ids: Sequence[int], known_on: dt.datetime | None) -> dict[int, int]:
    """{member id: unit id} of those whom the yearly hours bind, by the roster of now or as it was known at a moment."""
    if known_on is None:
        return dict(Member.objects.filter(pk__in=member_ids).active().party().values_list("pk", "unit_id"))
    versions = history.as_known(member_ids, known_on)
    return {pk: version.unit_id for pk, version in versions.items() if history.is_bound(version)}


def exemptions_known(known_on: dt.datetime | None) -> QuerySet[Exemption]:
    """Approved exemptions that were not withdrawn, now or at an earlier moment."""
    if known_on is None:
        return Exemption.objects.filter(withdrawn_at__isnull=True)
    stood = Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=known_on)
    return Exemption.objects.filter(stood, approved_at__lt=known_on)


def _ids(rows: object) -> set[int]:
    return set(rows.values_list("member_id", flat=True))  # type: ignore[attr-defined]


def _standing(line: GoalLine, whose: tuple[int, int], earned: Totals, exempt: bool) -> Standing:
    """``whose``: member id and unit id."""
    progress = evaluate(requirement_of(line), earned.by_mode, earned.classes, exempt=exempt)
    return Standing(
        line=line,
        member_id=whose[0],
        unit_id=whose[1],
        exempt=exempt,
        met=progress.met,
        total=progress.total,
        counted=progress.counted,
        online=progress.online,
        classes=progress.classes,
        occasions=earned.occasions,
    )


def _refresh_chunk(
    policy: GoalPolicy, lines: list[GoalLine], chunk: list[int], moved: dict[tuple[str, int], list[object]]
) -> None:
    """Store what differs for some members and note in ``moved`` by how much each (unit path, line) moves."""
    wanted = expected(policy, lines, chunk)
    stored = {(row.line_id, row.member_id): row for row in Standing.objects.filter(line__in=lines, member_id__in=chunk)}
    changed = [row for key, row in wanted.items() if key not in stored or facts(stored[key]) != facts(row)]
    gone = [row for key, row in stored.items() if key not in wanted]
    replaced = [stored[row.line_id, row.member_id] for row in changed if (row.line_id, row.member_id) in stored]
    paths = dict(
        Unit.objects.filter(pk__in={row.unit_id for row in [*changed, *gone, *replaced]}).values_list("pk", "path")
    )
    for sign, rows in ((1, changed), (-1, [*replaced, *gone])):
        for row in rows:
            _note(moved, paths[row.unit_id], row, sign)
    Standing.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["line", "member"],
        update_fields=[name.removesuffix("_id") for name in FACTS],
    )
    Standing.objects.filter(pk__in=[row.pk for row in gone]).delete()


def facts(row: Standing) -> tuple[object, ...]:
    """What a standing says, for comparison."""
    return tuple(getattr(row, name) for name in FACTS)


def contribution(row: Standing) -> Sums:
    """What a standing adds to each roll-up above it, in the order of ``SUMS``."""
    assessed = not row.exempt
    return (
        1,
        int(row.exempt),
        int(row.met),
        row.total,
        row.counted if assessed else row.counted * 0,
        row.occasions,
        int(row.classes > 0),
        int(assessed and row.total == 0),
    )


def _note(moved: dict[tuple[str, int], list[object]], path: str, row: Standing, sign: int) -> None:
    for ancestor in member_rules.ancestor_paths(path, Unit.steplen):
        sums = moved.setdefault((ancestor, row.line_id), [0] * len(SUMS))
        for index, value in enumerate(contribution(row)):
            sums[index] += sign * value  # type: ignore[operator]


def _move_rollups(moved: dict[tuple[str, int], list[Any]]) -> None:
    """Add the differences in one statement, the rows locked from the county down: one order for everybody, no deadlock."""
    moved = {key: sums for key, sums in moved.items() if any(sums)}
    units = dict(Unit.objects.filter(path__in={path for path, _ in moved}).values_list("path", "pk"))
    for keys in _chunks(sorted(moved), CHUNK):
        Rollup.objects.bulk_create(
            [Rollup(unit_id=units[path], line_id=line) for path, line in keys], ignore_conflicts=True
        )
        wanted = Rollup.objects.filter(unit_id__in={units[path] for path, _ in keys}).order_by("unit__path", "line_id")
        list(wanted.select_for_update(of=("self",)).values_list("pk"))
        values = [(units[path], line, *map(_stored, moved[path, line])) for path, line in keys]
        with connection.cursor() as cursor:
            cursor.execute(_add_sql(len(values)), [each for row in values for each in row])


def _stored(difference: Decimal | int) -> int:
    """A difference as the column holds it: 学时 in hundredths, counts as they are."""
    return to_hundredths(difference) if isinstance(difference, Decimal) else int(difference)


def _add_sql(rows: int) -> str:
    """Add a list of (unit, line, differences …) to the roll-ups; the columns of a VALUES list are called column1 …"""
    added = ", ".join(f"{name} = goals_rollup.{name} + v.column{number}" for number, name in enumerate(SUMS, start=3))
    row = f"({', '.join(['%s'] * (len(SUMS) + 2))})"
    return (
        f"UPDATE goals_rollup SET {added} FROM (VALUES {', '.join([row] * rows)}) AS v "  # noqa: S608 (names from SUMS)
        "WHERE goals_rollup.unit_id = v.column1 AND goals_rollup.line_id = v.column2"
    )


def rebuild(policy: GoalPolicy) -> None:
    """Recompute every standing and roll-up of a policy from ledger and roster."""
    everybody = list(Member.objects.order_by("pk").values_list("pk", flat=True))
    for chunk in _chunks(everybody, CHUNK):
        refresh(chunk, [policy.year])


def expected_rollups(policy: GoalPolicy) -> dict[tuple[str, int], list[object]]:
    """The roll-ups that follow from the stored standings, by (unit path, line id), in the order of ``SUMS``."""
    sums: dict[tuple[str, int], list[object]] = {}
    for row in Standing.objects.filter(line__policy=policy).select_related("unit").iterator(CHUNK):
        _note(sums, row.unit.path, row, 1)
    return sums


def _chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def standings_as_of(unit: Unit, year: int, day: dt.date) -> Iterator[tuple[str, str, Standing]]:
    """(unit path, audience, standing) of the members under a unit, by what was known at the end of a day.

    Ledger lines posted later are left out, and so are changes of the roster, offices and exemptions recorded later.
    """
    policy = GoalPolicy.objects.filter(year=year, state=GoalPolicy.State.PUBLISHED).first()
    if policy is None:
        return
    lines = list(policy.lines.all())
    known_on = clock.day_start(day + dt.timedelta(days=1))
    audiences = {line.pk: line.audience for line in lines}
    paths = dict(Unit.objects.filter(path__startswith=unit.path).values_list("pk", "path"))
    for chunk in _chunks(sorted(history.roster(unit, known_on)), CHUNK):
        for row in expected(policy, lines, chunk, day=day, known_on=known_on).values():
            yield paths[row.unit_id], audiences[row.line_id], row
