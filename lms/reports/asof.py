"""Figures as of a day: what was known at its end, of hours, roster, offices and exemptions.

Every report takes ``?as_of=``; the words that a page or a file needs to say so are here too.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import QuerySet

from lms.core import clock
from lms.goals import progress, selectors
from lms.goals.models import Standing
from lms.hours import totals


def asked(text: str | None) -> dt.date | None:
    """The earlier day that an address asks for; None for today, a day to come, and what is no date."""
    try:
        day = dt.date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if day < clock.today() else None


def moment(day: dt.date) -> dt.datetime:
    """What was recorded before this moment was known at the end of the day."""
    return clock.day_start(day + clock.DAY)


def standings_of(member_id: int, year: int, day: dt.date) -> list[Standing]:
    """One member's standings of a year as they were known at the end of a day, unsaved, the smaller goal first."""
    policy = selectors.policy_of(year)
    if policy is None:
        return []
    lines = list(policy.lines.select_related("policy").order_by("position", "pk"))
    found = progress.expected(policy, lines, [member_id], day=day, known_on=moment(day))
    return [found[line.pk, member_id] for line in lines if (line.pk, member_id) in found]


def entries_of(member_id: int, year: int, day: dt.date) -> QuerySet[Any]:
    """The ledger lines of a member's year that were there at the end of a day, the newest day first."""
    return totals.entries(member_id, year).filter(posted_at__lt=moment(day))


def file_name(name: str, day: dt.date | None) -> str:
    """The name of a file, with the day it tells of: ``C-2026-asof-2026-06-30``."""
    return name if day is None else f"{name}-asof-{day.isoformat()}"
