"""Why a member's figure is what it is, and the nearest ways on: the explanation of ``goals`` joined with what is on offer."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lms.core.hours import ZERO
from lms.goals.explain import ADJUSTED, Explanation, Item, explain
from lms.goals.selectors import lines_of
from lms.members.models import Member
from lms.reports import people
from lms.reports.ways import Lacking, Ways, nearest


@dataclass(frozen=True, slots=True)
class Explained:
    """One member under one goal line of a year, and what would help; ``ways`` is None for an earlier day."""

    member: Member
    year: int
    found: Explanation
    ways: Ways | None

    @property
    def verdict(self) -> tuple[str, str]:
        """State and word, as on the board."""
        return people.verdict(self.found.progress)

    @property
    def adjustments(self) -> list[str]:
        """Why this person owes something else than the line says, in words."""
        return [str(ADJUSTED[code]) for code in self.found.adjusted]


def explained(member: Member, key: str, year: int, day: dt.date | None, today: dt.date) -> Explained | None:
    """Explain a line by its key as of a day (None: today); None when the year has no such line or it does not bind the member."""
    line = lines_of(year).get(key)
    found = explain(member, line, day or today) if line is not None else None
    if found is None:
        return None
    ahead = year == today.year and (day is None or day >= today)
    return Explained(member, year, found, nearest(member, _lacking(found)) if ahead else None)


def _lacking(found: Explanation) -> Lacking:
    progress = found.progress
    return Lacking(
        hours=progress.missing_hours,
        classes=progress.missing_classes,
        by_category={lack.name: lack.amount for lack in found.lacks if lack.code == "category"},
        modes=found.due.requirement.modes,
        online_room=found.online_room,
    )


# -- for machines ------------------------------------------------------------------------------


def record(one: Explained) -> dict[str, Any]:
    """The explanation as JSON. 学时 are numbers, days ISO dates; codes are those of ``goals.explain``."""
    found, progress = one.found, one.found.progress
    return {
        "member": one.member.code,
        "name": one.member.name,
        "year": one.year,
        "as_of": found.day.isoformat(),
        "line": {"key": found.line.key, "audience": found.line.audience, "basis": found.line.basis},
        "required_hours": _number(progress.required),
        "required_classes": progress.required_classes,
        "due_on": progress.due_on.isoformat() if progress.due_on else None,
        "adjusted": list(found.adjusted),
        "total": _number(progress.total),
        "counted": _number(progress.counted),
        "classes": progress.classes,
        "exempt": progress.exempt,
        "met": progress.met,
        "state": one.verdict[0],
        "counts": [_item(item) for item in found.counting],
        "does_not_count": [_item(item) for item in found.not_counting],
        "lacks": [{"code": lack.code, "name": lack.name, "amount": _number(lack.amount)} for lack in found.lacks],
        "ways": _ways(one.ways),
    }


def _number(hours: Decimal) -> float:
    return float(hours)


def _item(item: Item) -> dict[str, Any]:
    return {
        "earned_on": item.day.isoformat(),
        "title": item.title,
        "mode": item.mode,
        "category": item.category,
        "gross": _number(item.gross),
        "counted": _number(item.counted),
        "reasons": list(item.reasons),
        "is_class": item.is_class,
        "source": item.source,
    }


def _ways(ways: Ways | None) -> dict[str, Any] | None:
    if ways is None:
        return None
    return {
        "trainings": [
            {
                "title": offer.training.title,
                "kind": offer.training.kind,
                "starts_at": offer.sessions[0].starts_at.isoformat(),
                "seats": offer.seats,
                "hours": _number(offer.hours),
            }
            for offer in ways.offers
        ],
        "lessons": [
            {"title": way.lesson.title, "url": way.lesson.url, "hours": _number(way.hours)} for way in ways.lessons
        ],
        "lesson_hours": _number(sum((way.hours for way in ways.lessons), ZERO)),
        "online_full": ways.online_full,
    }
