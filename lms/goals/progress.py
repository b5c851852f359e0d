"""Standings and roll-ups: derived from the ledger, moved with each post in the same transaction, rebuilt at will.

A standing says how far one member is under one goal line. A roll-up row sums the standings of a unit and all below it.
Both follow from ``hours.totals`` and the roster alone; ``audit_hours`` proves that what is stored equals what follows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from operator import add
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from lms.core import clock
from lms.core.hours import to_hundredths
from lms.core.inserts import insert
from lms.goals import people
from lms.goals.audience import Due, Person
from lms.goals.earned import Book, dues_of
from lms.goals.models import GoalLine, GoalPolicy, Rollup, Standing
from lms.goals.rules import Period, evaluate, reference_day
from lms.goals.selectors import terms_of
from lms.hours import totals
from lms.hours.totals import Totals
from lms.members import history
from lms.members import rules as member_rules
from lms.members.models import Member, Unit

CHUNK = 500
T = TypeVar("T")
# Additive columns of a roll-up, in the order of ``contribution``.
SUMS = ("members", "exempt", "met", "hours", "assessed_hours", "occasions", "reached", "zero")
# What a standing stores besides its key.
FACTS = (
    *("unit_id", "required", "required_classes", "due_on", "exempt", "met"),
    *("total", "counted", "online", "classes", "occasions", "shortfalls"),
)
Sums = tuple[object, ...]
exemptions_known = people.exemptions_known


def on_hours_settled(touched: dict[int, set[int]]) -> None:
    """Hook of the ledger: {member id: years}."""
    by_year: dict[int, list[int]] = {}
    for member_id, years in touched.items():
        for year in years:
            by_year.setdefault(year, []).append(member_id)
    refreshed: dict[int, set[int]] = {}
    for policy_year, looks_back in _published():
        for year, member_ids in by_year.items():
            if year == policy_year or (year < policy_year and looks_back):
                refreshed.setdefault(policy_year, set()).update(member_ids)
    for year in sorted(refreshed):
        refresh(refreshed[year], [year])


def _published() -> list[tuple[int, bool]]:
    """(year, whether a line looks at earlier years too) of each published policy, in one query."""
    policies = GoalPolicy.objects.filter(state=GoalPolicy.State.PUBLISHED)
    looks_back = Exists(GoalLine.objects.filter(policy=OuterRef("pk")).exclude(period=Period.YEAR))
    return list(policies.order_by("year").values_list("year", looks_back))


def on_members_changed(member_ids: list[int]) -> None:
    """Hook of the roster: unit, state, category or offices changed."""
    refresh(member_ids, years_so_far())


def years_so_far() -> list[int]:
    """The years that an office, an exemption or a member recorded today may reach back to.

    The roster of a year that is over is that of its last day (``expected``), so most of what is recorded later moves nothing.
    """
    published = GoalPolicy.objects.filter(state=GoalPolicy.State.PUBLISHED, year__lte=clock.year_of(clock.today()))
    return list(published.order_by("year").values_list("year", flat=True))


@transaction.atomic
def refresh(member_ids: Iterable[int], years: Iterable[int]) -> None:
    """Make the standings of some members, and the roll-ups above them, follow the ledger and the roster."""
    ids = sorted(set(member_ids))
    for policy in GoalPolicy.objects.filter(year__in=list(years), state=GoalPolicy.State.PUBLISHED).order_by("year"):
        lines = list(policy.lines.all())
        moved: dict[tuple[str, int], list[Any]] = {}
        for chunk in _chunks(ids, CHUNK):
            _refresh_chunk(policy, lines, chunk, moved)
        move_rollups(moved)


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
    a moment, the roster included unless ``roster_on`` names another moment for it. The roster of a year that is over is
    that of its last day: who moves or leaves in January moves no verdict of December.
    """
    until = None if day is None else min(day, dt.date(policy.year, 12, 31))
    day = reference_day(policy.year, day or clock.today())
    terms = {line.pk: one for line, one in zip(lines, terms_of(lines), strict=True)}
    facts_of = people.present(member_ids, known_on, roster_on or _roster_moment(policy, known_on))
    dues = dues_of(terms.values(), facts_of, policy.year, day)
    of_year = totals.of_members(list(facts_of), policy.year, known_on=known_on, until=until)
    book = Book(of_year, known_on).read(list(terms.values()), dues)
    found = {}
    for line in lines:
        line_terms = terms[line.pk]
        for pk, person in facts_of.items():
            due = dues.get((line.key, pk))
            if due is not None:
                found[line.pk, pk] = _standing(line, person, book.of(line_terms, pk, due), due)
    return found


def _roster_moment(policy: GoalPolicy, known_on: dt.datetime | None) -> dt.datetime | None:
    return history.moment_of(dt.date(policy.year, 12, 31), known_on)


def _standing(line: GoalLine, person: Person, earned: Totals, due: Due) -> Standing:
    progress = evaluate(due.requirement, earned.by_pair, earned.classes, exempt=due.exempt, due_on=due.due_on)
    return Standing(
        line=line,
        member_id=person.member_id,
        unit_id=person.unit_id,
        required=progress.required,
        required_classes=progress.required_classes,
        due_on=progress.due_on,
        exempt=progress.exempt,
        met=progress.met,
        total=progress.total,
        counted=progress.counted,
        online=progress.online,
        classes=progress.classes,
        occasions=earned.occasions,
        shortfalls={name: str(hours) for name, hours in progress.shortfalls.items()},
    )


def _refresh_chunk(
    policy: GoalPolicy, lines: list[GoalLine], chunk: list[int], moved: dict[tuple[str, int], list[Any]]
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
    insert([row for row in changed if (row.line_id, row.member_id) not in stored])
    Standing.objects.bulk_create(
        [row for row in changed if (row.line_id, row.member_id) in stored],
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


def _note(moved: dict[tuple[str, int], list[Any]], path: str, row: Standing, sign: int) -> None:
    """Add what a standing contributes to the sums of its own unit."""
    sums = moved.setdefault((path, row.line_id), [0] * len(SUMS))
    for index, value in enumerate(contribution(row)):
        sums[index] += sign * value  # type: ignore[operator]


def _with_those_above(moved: dict[tuple[str, int], list[Any]]) -> dict[tuple[str, int], list[Any]]:
    """The sums of units added up for every unit above them."""
    found: dict[tuple[str, int], list[Any]] = {}
    for (path, line_id), sums in moved.items():
        for ancestor in member_rules.ancestor_paths(path, Unit.steplen):
            total = found.setdefault((ancestor, line_id), [0] * len(SUMS))
            total[:] = map(add, total, sums)
    return found


def move_rollups(moved: dict[tuple[str, int], list[Any]]) -> None:
    """Add the differences in one statement, the rows locked from the county down: one order for everybody, no deadlock."""
    moved = {key: sums for key, sums in _with_those_above(moved).items() if any(sums)}
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


def expected_rollups(policy: GoalPolicy) -> dict[tuple[str, int], list[Any]]:
    """The roll-ups that follow from the stored standings, by (unit path, line id), in the order of ``SUMS``."""
    sums: dict[tuple[str, int], list[Any]] = {}
    for row in Standing.objects.filter(line__policy=policy).select_related("unit").iterator(CHUNK):
        _note(sums, row.unit.path, row, 1)
    return _with_those_above(sums)


def _chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def standings_as_of(unit: Unit, year: int, day: dt.date) -> Iterator[tuple[str, str, Standing]]:
    """(unit path, key of the line, standing) of the members under a unit, by what was known at the end of a day.

    Ledger lines posted later are left out, and so are changes of the roster, offices and exemptions recorded later.
    """
    policy = GoalPolicy.objects.filter(year=year, state=GoalPolicy.State.PUBLISHED).first()
    if policy is None:
        return
    lines = list(policy.lines.all())
    known_on = clock.day_start(day + dt.timedelta(days=1))
    keys = {line.pk: line.key for line in lines}
    paths = dict(Unit.objects.filter(path__startswith=unit.path).values_list("pk", "path"))
    for chunk in _chunks(sorted(history.roster(unit, _roster_moment(policy, known_on) or known_on)), CHUNK):
        for row in expected(policy, lines, chunk, day=day, known_on=known_on).values():
            yield paths[row.unit_id], keys[row.line_id], row
