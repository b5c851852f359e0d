"""A policy tried out: what a draft's lines would make of the members' hours. Nothing is stored."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from lms.goals import people
from lms.goals.earned import Book, dues_of
from lms.goals.models import GoalLine
from lms.goals.rules import Progress, evaluate, reference_day
from lms.goals.selectors import terms_of
from lms.hours.totals import Totals


def outcomes(
    policy_lines: Sequence[GoalLine],
    member_ids: Sequence[int],
    totals_by_member: Mapping[int, Totals],
    day: dt.date,
) -> dict[tuple[str, int], Progress]:
    """``{(key of the line, member id): progress}`` as of a day, for the members whom the lines of one draft bind.

    ``totals_by_member``: the year's totals to try with (``hours.totals.of_members``, or what a draft rule would make of
    them). Lines that look beyond the year (once, five years, deadlines) read the ledger as it stands. Lines may be
    unsaved; their policy names the year. Four queries at most, whatever the number of lines: call it by chunks.
    """
    if not policy_lines:
        return {}
    year = policy_lines[0].policy.year
    terms = {line.key: line for line in terms_of(policy_lines)}
    dues = dues_of(terms.values(), people.present(member_ids), year, reference_day(year, day))
    book = Book(totals_by_member).read(list(terms.values()), dues)
    found = {}
    for (key, pk), asked in dues.items():
        earned = book.of(terms[key], pk, asked)
        found[key, pk] = evaluate(
            asked.requirement, earned.by_pair, earned.classes, exempt=asked.exempt, due_on=asked.due_on
        )
    return found
