"""The member's home: how far am I, what do I do next, when and where is my next session."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from courses import flag_selectors as flags
from courses import selectors as courses
from courses import study_selectors as study
from courses.for_you import Lack, suggestions
from lms.core import clock
from lms.core.hours import HUNDREDTH
from lms.goals import selectors as goals
from lms.goals.models import Standing
from lms.goals.rules import Progress
from lms.hours import totals
from lms.members.models import Member
from lms.pairs.selectors import standing_for, standing_of
from lms.reports import asof, evidence
from lms.training import claims_selectors as claims
from lms.training import selectors as training

RECENT = 5


@login_required
def learn(request: HttpRequest) -> HttpResponse:
    """The member's first screen; an expert who helps members has their lists, anybody else off the roster a kind word."""
    member: Member | None = getattr(request.user, "member", None)
    if member is None:
        pairs = standing_for(request.user)  # type: ignore[arg-type]
        return render(request, "reports/helper.html" if pairs else "reports/no_member.html", {"pairs": pairs})
    return render(request, "reports/home.html", _answers(member))


def _answers(member: Member) -> dict[str, Any]:
    today = clock.today()
    lines = list(totals.entries(member.pk, today.year))
    stands = totals.standing(lines)
    lesson = courses.next_lesson(member, {entry.category for entry in stands})
    sessions = training.upcoming_for(member, limit=3)
    standings = [(row, goals.progress_of(row), _pace(row)) for row in goals.standings_of(member.pk, today.year)]
    lacking = _lacking((row, progress) for row, progress, _pace in standings)
    return {
        "member": member,
        "year": today.year,
        "goals": standings,
        "for_you": suggestions(member, lacking=lacking),
        "lacking": lacking,
        "lesson": lesson,
        "begun": courses.begun(member)[:3],
        "given": study.shelf(member).assigned[:3],
        "session": sessions[0] if sessions else None,
        "later": sessions[1:],
        "claims": claims.notices_of(member),
        "pairs": standing_of(member),
        "flags": flags.notices_of(member),
        "recent": sorted(stands, key=lambda entry: entry.earned_on, reverse=True)[:RECENT],
    }


def _lacking(verdicts: Iterable[tuple[Standing, Progress]]) -> Lack:
    """What goals still ask, the most of any goal; only classes help where none of those that ask takes more from online."""
    categories: dict[str, Decimal] = {}
    hours, full = Decimal(0), []
    for standing, progress in verdicts:
        for name, missing in progress.shortfalls.items():
            kind, _colon, category = name.partition(":")
            if kind == "category":
                categories[category] = max(missing, categories.get(category, missing))
        if progress.missing_hours:
            hours = max(hours, progress.missing_hours)
            full.append(goals.online_is_full(standing))
    return Lack(categories, hours, bool(full) and all(full))


def _pace(standing: Any) -> Decimal:
    """Where one should be by today to reach the goal evenly by the end of the year."""
    today = clock.today()
    share = Decimal(today.timetuple().tm_yday) / 365
    return (standing.required * min(share, Decimal(1))).quantize(HUNDREDTH)


@login_required
def own_hours(request: HttpRequest) -> HttpResponse:
    """The member's own lines, each opening to its evidence."""
    member = getattr(request.user, "member", None)
    if member is None:
        raise Http404
    day = asof.asked(request.GET.get("as_of"))
    year = evidence.year_of_member(member, request.GET.get("year"), day)
    return render(request, "reports/member_hours.html", {**year, "own": True})
