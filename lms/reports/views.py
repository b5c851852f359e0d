"""The county's view, from a rate down to one row of evidence."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render

from lms.core.tables import FORMATS, table_response
from lms.goals import selectors
from lms.hours import totals
from lms.hours.conversion import rule_named
from lms.members.http import SignedInRequest
from lms.members.models import Member, Unit
from lms.members.permissions import get_or_404, visible, visible_units
from lms.reports import asof, audit_runs, boards, evidence, menus, people, trends
from lms.reports.forms import PeopleFilter, UnitYear

PAGE = 50


def _unit_year(request: SignedInRequest) -> tuple[UnitYear, Unit, int]:
    form = UnitYear(request.GET, user=request.user)
    unit, year = form.chosen()
    if unit is None:
        raise Http404
    return form, unit, year


def _keep(day: dt.date | None) -> str:
    """What links of a page as of an earlier day carry on."""
    return "" if day is None else f"&as_of={day.isoformat()}"


def _crumbs(request: SignedInRequest, unit: Unit, year: int, day: dt.date | None = None) -> list[tuple[str, str]]:
    """The units above, as far up as the person may look, and the unit itself."""
    above = visible_units(request.user, "reports.view").filter(path__in=unit.ancestor_paths).order_by("path")
    return [(one.label, f"?unit={one.code}&year={year}{_keep(day)}" if one.pk != unit.pk else "") for one in above]


@login_required
def board(request: SignedInRequest) -> HttpResponseBase:
    """Completion by child unit, from the roll-ups alone; the same rows as a file."""
    form, unit, year = _unit_year(request)
    report = boards.completion(unit, year, form.day)
    wanted = request.GET.get("format", "")
    if wanted in FORMATS:
        name = asof.file_name(f"{unit.code}-{year}", form.day)
        return table_response(boards.columns(report), boards.table(report), wanted, name=name)
    context = {
        "form": form,
        "unit": unit,
        "year": year,
        "report": report,
        "cells": [
            {"row": row, "state": trends.state_of(row.rate, report.total.rate)} for row in report.rows if not row.direct
        ],
        "lines": selectors.lines_of(year).values(),
        "crumbs": _crumbs(request, unit, year, form.day),
        "keep": _keep(form.day),
        "tabs": menus.tabs("report-board", unit),
        "audit": audit_runs.latest_for(request.user) if unit.is_root() else None,
        "has_children": not unit.is_leaf(),
    }
    return render(request, "reports/board.html", context)


@login_required
def trend(request: SignedInRequest) -> HttpResponse:
    """Hours by month against the line that would reach the goal, and the mix of categories: fetched after the board."""
    _form, unit, year = _unit_year(request)
    return render(request, "reports/trend.html", {"unit": unit, "year": year, **trends.of_unit(unit, year)})


@login_required
def people_list(request: SignedInRequest) -> HttpResponseBase:
    """Completion by person under a unit; the export is exactly what is filtered."""
    chosen, unit, year = _unit_year(request)
    form, day = PeopleFilter(request.GET), chosen.day
    if day is None:
        rows: Any = people.standings(request.user, unit, year, **form.wanted())
    else:
        rows = people.standings_as_of(request.user, unit, year, day, **form.wanted())
    wanted = request.GET.get("format", "")
    if wanted in FORMATS:
        name = asof.file_name(f"{unit.code}-{year}-members", day)
        return table_response(people.COLUMNS, people.values(rows), wanted, name=name)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "unit": unit,
        "year": year,
        "page_obj": page,
        "rows": [(row, selectors.progress_of(row), *people.verdict(row)) for row in page],
        "as_of": day,
        "keep": _keep(day),
        "crumbs": _crumbs(request, unit, year, day),
    }
    return render(request, "reports/people.html", context)


@login_required
def member_hours(request: SignedInRequest, code: str) -> HttpResponse:
    """One member's year: progress under each goal, every line of the ledger, reversals included."""
    member = get_or_404(Member.objects.select_related("unit"), request.user, "hours.view", code=code)
    year = evidence.year_of_member(member, request.GET.get("year"), asof.asked(request.GET.get("as_of")))
    return render(request, "reports/member_hours.html", year)


@login_required
def hour_entry(request: SignedInRequest, uuid: Any) -> HttpResponse:
    """One line of the ledger opened to its evidence, its rule and what came before and after it."""
    entry = visible(totals.visible_entries(), request.user).filter(uuid=uuid).first()
    if entry is None:
        raise Http404
    found = evidence.behind(entry.source)
    context = {
        "entry": entry,
        "chain": totals.chain(entry.source),
        "assertion": totals.assertion_of(entry.source),
        "rule": rule_named(entry.rule),
        "evidence": found,
        "on_file": evidence.on_file(found, request.user),
        "own": entry.member.user_id == request.user.pk,
    }
    return render(request, "reports/hour_entry.html", context)
