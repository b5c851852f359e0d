"""What counts toward each line: the hours and classes of the days that it looks at, for many members at once."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from lms.core.hours import ZERO
from lms.goals.audience import Due, Person, Terms, due
from lms.goals.rules import Period
from lms.hours import totals
from lms.hours.totals import Earned, Totals

Dues = dict[tuple[str, int], Due]
"""What is owed, by (key of the line, member id)."""


def dues_of(terms: Iterable[Terms], people: Mapping[int, Person], year: int, day: dt.date) -> Dues:
    """What each line asks of each person whom it binds as of a day of the verdict."""
    found: Dues = {}
    for line in terms:
        for pk, person in people.items():
            asked = due(line, person, year, day)
            if asked is not None:
                found[line.key, pk] = asked
    return found


class Book:
    """What some members earned, read once for all lines: a year's totals, and days where a line looks beyond the year.

    ``of_year``: totals of the policy's year by member; ``until``: the last day that counts, None for all of the year;
    ``known_on``: only what was recorded before a moment.
    """

    def __init__(self, of_year: Mapping[int, Totals], known_on: dt.datetime | None = None) -> None:
        self._of_year = of_year
        self._known_on = known_on
        self._days: dict[int, list[Earned]] = {}

    def read(self, terms: Sequence[Terms], dues: Dues) -> Book:
        """Read the days that lines beyond the year need: one query, none where nobody stands under such a line."""
        long = {line.key for line in terms if line.period != Period.YEAR}
        wanted = {pk: asked for (key, pk), asked in dues.items() if key in long}
        if wanted:
            asked = [one for (key, _pk), one in dues.items() if key in long]
            rows = totals.by_day(
                wanted,
                since=min(one.first for one in asked),
                until=max(one.last for one in asked),
                known_on=self._known_on,
            )
            self._days = defaultdict(list)
            for row in rows:
                self._days[row.member_id].append(row)
        return self

    def of(self, terms: Terms, member_id: int, asked: Due) -> Totals:
        """A member's hours, classes and occasions under a line."""
        if terms.period == Period.YEAR:
            return self._of_year.get(member_id) or Totals()
        return summed(row for row in self._days.get(member_id, []) if asked.first <= row.day <= asked.last)


def summed(rows: Iterable[Earned]) -> Totals:
    """Days of one member as totals; a class of three days is one class."""
    found, occasions, classes = Totals(), set(), set()
    for row in rows:
        for sums, key in ((found.by_mode, row.mode), (found.by_category, row.category)):
            sums[key] = sums.get(key, ZERO) + row.hours
        pair = (row.mode, row.category)
        found.by_pair[pair] = found.by_pair.get(pair, ZERO) + row.hours
        occasions.add((row.mode, row.occasion))
        if row.is_class:
            classes.add(row.occasion)
    found.classes, found.occasions = len(classes), len(occasions)
    return found
