"""The board of any year as it is to be read: as of an earlier day, frozen where the year is closed, else from the roll-ups."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from lms.core import clock
from lms.core.tables import Column
from lms.members.models import Unit
from lms.reports import adjustments, closing, rollup
from lms.reports.rollup import Completion

AS_OF = Column("as_of", _("截至"), 14)


def completion(unit: Unit, year: int, as_of: dt.date | None = None) -> Completion:
    """The report of a unit. An earlier day is recomputed from what was known then; a closed year shows what was frozen."""
    if as_of is not None and as_of < clock.today():
        return rollup.completion(unit, year, as_of)
    closed = closing.closing_of(year)
    if closed is None:
        return rollup.completion(unit, year)
    rows, total = adjustments.frozen(closed, unit)
    day = clock.local_date(closed.known_on) - clock.DAY
    return Completion(unit, year, day, [*rows, *rollup.direct(total, rows)], total, closing=closed)


def columns(report: Completion) -> tuple[Column, ...]:
    """The columns of a file; one that tells of an earlier day, or of a closed year, says so in each row."""
    return (*rollup.COLUMNS, AS_OF) if _is_dated(report) else rollup.COLUMNS


def table(report: Completion) -> Iterator[tuple[Any, ...]]:
    """The rows of a file in the order of ``columns``, the total last."""
    dated = (report.as_of,) if _is_dated(report) else ()
    for values in rollup.table(report.rows, report.total):
        yield (*values, *dated)


def _is_dated(report: Completion) -> bool:
    return report.earlier or report.closing is not None
