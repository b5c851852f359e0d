"""What trainings may cost and did, in yuan: the lines of one, the register of a year."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Min, QuerySet, Sum

from lms.core import clock
from lms.members import audit
from lms.members.models import User
from lms.members.permissions import visible
from lms.training.models import BudgetLine, Training, TrainingSession

NOTHING = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Cost:
    """One line as it was typed: planned and spent yuan (None: left empty), a note."""

    planned: Decimal | None
    spent: Decimal | None
    note: str = ""


@transaction.atomic
def save(*, training: Training, costs: Mapping[str, Cost], by: User | None) -> None:
    """Write the lines of a training by item; a line without any sum goes. One audit row with what changed.

    Money that was spent without a plan is planned with 0.
    """
    Training.objects.select_for_update().get(pk=training.pk)
    old = {row.item: row for row in training.budget.all()}
    changes = {}
    for item, cost in costs.items():
        before, after = old.get(item), _row(training, item, cost)
        if (was := _told(before)) == (will := _told(after)):
            continue
        changes[item] = [was, will]
        if before is not None:
            before.delete()
        if after is not None:
            after.save()
    if changes:
        audit.record("training.budget", by=by, on=training, unit=training.unit, changes=changes)


def _row(training: Training, item: str, cost: Cost) -> BudgetLine | None:
    if cost.planned is None and cost.spent is None:
        return None
    planned = NOTHING if cost.planned is None else cost.planned
    return BudgetLine(training=training, item=item, planned=planned, spent=cost.spent, note=cost.note)


def _told(row: BudgetLine | None) -> list[str]:
    if row is None:
        return []
    return [f"{row.planned:.2f}", "" if row.spent is None else f"{row.spent:.2f}", row.note]


@dataclass(frozen=True, slots=True)
class Sums:
    """Planned and spent yuan of some lines; ``settled`` once every line says what was spent."""

    planned: Decimal
    spent: Decimal
    settled: bool

    @classmethod
    def of(cls, training: Training) -> Sums:
        """Those of one training."""
        rows = list(training.budget.all())
        spent = [row.spent for row in rows if row.spent is not None]
        return cls(sum((row.planned for row in rows), NOTHING), sum(spent, NOTHING), len(spent) == len(rows))


def years() -> list[int]:
    """This year, the next and the four before."""
    today = clock.today().year
    return list(range(today + 1, today - 5, -1))


def register(user: Any, year: int) -> QuerySet[Any]:
    """The trainings of a year with lines that the person may read: first day, planned and spent yuan."""
    begin, end = (clock.day_start(dt.date(one, 1, 1)) for one in (year, year + 1))
    held = TrainingSession.objects.filter(starts_at__gte=begin, starts_at__lt=end)
    return (
        visible(Training.objects.filter(pk__in=BudgetLine.objects.values("training")), user)
        .filter(pk__in=held.values("training"))
        .select_related("unit")
        .prefetch_related("budget")
        .annotate(first_at=Min("sessions__starts_at"))
        .order_by("-first_at", "-pk")
    )


def totals(rows: QuerySet[Any]) -> Sums:
    """Planned and spent yuan of all trainings of a register; one query."""
    lines = BudgetLine.objects.filter(training__in=rows.order_by().values("pk"))
    sums = lines.aggregate(planned=Sum("planned"), spent=Sum("spent"))
    planned, spent = ((sums[name] or NOTHING).quantize(NOTHING) for name in ("planned", "spent"))
    return Sums(planned, spent, not lines.filter(spent__isnull=True).exists())
