"""Reads of imports and of the units that a roster may name."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from lms.exchange.branches import Place
from lms.exchange.models import ImportRow, ImportRun
from lms.exchange.plan import Scope
from lms.exchange.station_names import BranchStation
from lms.members.models import Unit, User
from lms.members.permissions import units_where, visible
from lms.stations.models import Station

BRANCHES = (Unit.Kind.GENERAL_BRANCH, Unit.Kind.BRANCH, Unit.Kind.GROUP)


def runs(user: User) -> QuerySet[ImportRun]:
    """The imports that the person may read, the latest first."""
    return visible(ImportRun.objects.select_related("unit", "created_by"), user)


def rows(run: ImportRun, kind: str) -> QuerySet[ImportRow]:
    """The rows of a run with one verdict, or with ``warning``: taken, but worth a look."""
    if kind == "warning":
        return run.rows.exclude(verdict=ImportRow.Verdict.ERROR).exclude(problems=[])
    return run.rows.filter(verdict=kind)


def reach(run: ImportRun) -> Scope:
    """How far the importer may reach; the command line reaches as far as the unit it imports into."""
    by = run.created_by
    units = units_where(by, "members.import") if by is not None else [run.unit]
    return Scope(tuple(unit.path for unit in units))


def places_in(unit: Unit) -> list[Place]:
    """A unit and all open units below it, as the finder of branches needs them."""
    return [_place(found) for found in Unit.objects.filter(path__startswith=unit.path, closed_on=None)]


def places_above(unit: Unit) -> list[Place]:
    """The units over a unit."""
    return [_place(found) for found in Unit.objects.filter(path__in=unit.ancestor_paths[:-1])]


def stations_for(unit: Unit) -> list[BranchStation]:
    """The stations in use of a unit, of the units below it and of those over it."""
    found = Station.objects.filter(
        Q(unit__path__startswith=unit.path) | Q(unit__path__in=unit.ancestor_paths), active=True
    )
    return [BranchStation(*values) for values in found.values_list("unit__path", "code", "name")]


def _place(unit: Unit) -> Place:
    holds = unit.kind in BRANCHES or (unit.numchild == 0 and unit.kind != Unit.Kind.COUNTY)
    return Place(unit.pk, unit.path, unit.code, unit.name, unit.short_name, holds)
