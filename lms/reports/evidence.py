"""From a number to what stands behind it: the activities' own selectors say what a source is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from courses import selectors as courses
from lms.core import clock
from lms.goals import selectors as goals
from lms.hours import totals
from lms.members.models import Member
from lms.stations import selectors as stations
from lms.training import selectors as training

READERS: dict[str, Callable[[str], Any]] = {
    "attendance": training.evidence_of,
    "viewing": stations.evidence_of,
    "watch": courses.evidence_of,
}


def behind(source: str) -> dict[str, Any]:
    """``{kind: evidence}`` of a ledger source: ``attendance``, ``viewing`` or ``watch``; empty when nothing is known."""
    for kind, read in READERS.items():
        found = read(source)
        if found is not None:
            return {kind: found}
    return {}


def year_of_member(member: Member, asked: str | None) -> dict[str, Any]:
    """What a page about one member's year shows: goals with progress, ledger lines, the years to choose from."""
    years = goals.published_years() or [clock.year_of(clock.today())]
    year = int(asked) if asked and asked.isdigit() and int(asked) in years else years[0]
    lines = list(totals.entries(member.pk, year))
    stands = {entry.pk for entry in totals.standing(totals.entries(member.pk, year))}
    return {
        "member": member,
        "year": year,
        "years": years,
        "goals": [(row, goals.progress_of(row)) for row in goals.standings_of(member.pk, year)],
        "entries": [(entry, entry.pk in stands) for entry in lines],
        "exemptions": goals.exemptions_of(member.pk),
    }
