"""From a number to what stands behind it: the activities' own selectors say what a source is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from courses import quiz_selectors as quizzes
from courses import selectors as courses
from lms.core import clock
from lms.goals import selectors as goals
from lms.goals.models import Standing
from lms.hours import totals
from lms.members.models import Member
from lms.members.permissions import visible
from lms.reports import asof
from lms.reports.people import verdict
from lms.stations import selectors as stations
from lms.training import claims_selectors as claims
from lms.training import selectors as training
from lms.training.closing import selectors as closing
from lms.training.models import Training
from lms.training.paper import selectors as paper

READERS: dict[str, Callable[[str], Any]] = {
    "attendance": training.evidence_of,
    "viewing": stations.evidence_of,
    "watch": courses.evidence_of,
    "test": quizzes.evidence_of,
    "claim": claims.evidence_of,
    "make_up": closing.evidence_of,
}


def behind(source: str) -> dict[str, Any]:
    """``{kind: evidence}`` of a ledger source: ``attendance``, ``viewing``, ``watch``, ``test``, ``claim`` or ``make_up``; empty when nothing is known."""
    for kind, read in READERS.items():
        found = read(source)
        if found is not None:
            return {kind: found}
    return {}


def on_file(found: dict[str, Any], user: Any) -> dict[str, Any]:
    """What is on file behind a mark of a training: ``sheets`` (photographs of the page that was signed), ``count`` (how many).

    A page shows other people's names too, so it opens to who may read the training; everybody else is told that it is there.
    """
    attendance = found.get("attendance")
    if attendance is None:
        return {}
    sheets = paper.photos_behind(attendance.attendance)
    may_read = bool(sheets) and visible(Training.objects.filter(pk=attendance.training.pk), user).exists()
    return {"sheets": sheets if may_read else [], "count": len(sheets)}


def year_of_member(member: Member, asked: str | None, day: dt.date | None = None) -> dict[str, Any]:
    """What a page about one member's year shows: goals with progress, ledger lines, the years to choose from.

    ``day``: as it was known at the end of an earlier day.
    """
    years = goals.published_years() or [clock.year_of(clock.today())]
    year = int(asked) if asked and asked.isdigit() and int(asked) in years else years[0]
    lines, standings = _known(member, year, day)
    stands = {entry.pk for entry in totals.standing(lines)}
    return {
        "member": member,
        "year": year,
        "years": years,
        "as_of": day,
        "goals": [(row, goals.progress_of(row)) for row in standings],
        "entries": [(entry, entry.pk in stands) for entry in lines],
        "exemptions": goals.exemptions_of(member.pk),
    }


def _known(member: Member, year: int, day: dt.date | None) -> tuple[list[Any], list[Standing]]:
    """The ledger lines of a year and the standings, as they are or as they were known at the end of a day."""
    if day is None:
        return list(totals.entries(member.pk, year)), goals.standings_of(member.pk, year)
    return list(asof.entries_of(member.pk, year, day)), asof.standings_of(member.pk, year, day)


def record_of(member: Member, year: int, day: dt.date | None = None) -> dict[str, Any]:
    """One member's year by the names of the contract: ``entries`` (reversals included) and ``goals`` (each line's progress).

    ``evidence`` says what kind of record stands behind a line; None: nothing is known. 学时 are numbers. With ``day`` the
    record is as it was known at the end of that day, and says so as ``as_of``.
    """
    entries, standings = _known(member, year, day)
    return {
        "member": member.code,
        "name": member.name,
        "unit": member.unit.code,
        "year": year,
        **({"as_of": day.isoformat()} if day else {}),
        "entries": [
            {
                "earned_on": entry.earned_on.isoformat(),
                "title": entry.title,
                "category": entry.category,
                "mode": entry.mode,
                "hours": float(entry.hours),
                "source": entry.source,
                "sequence": entry.sequence,
                "rule": entry.rule,
                "evidence": next(iter(behind(entry.source)), None),
                "note": entry.note,
                "posted_at": entry.posted_at.isoformat(),
            }
            for entry in entries
        ],
        "goals": [_goal(row) for row in standings],
    }


def _goal(row: Standing) -> dict[str, Any]:
    progress = goals.progress_of(row)
    state, word = verdict(row)
    return {
        "audience": row.line.audience,
        "name": str(row.line.get_audience_display()),
        "required_hours": float(row.required),
        "required_classes": row.line.required_classes,
        "total": float(progress.total),
        "counted": float(progress.counted),
        "online": float(progress.online),
        "over_cap": float(progress.over_cap),
        "classes": progress.classes,
        "missing_hours": float(progress.missing_hours),
        "missing_classes": progress.missing_classes,
        "exempt": progress.exempt,
        "met": progress.met,
        "state": state,
        "verdict": word,
    }
