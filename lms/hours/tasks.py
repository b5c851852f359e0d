"""Recurring work of the ledger."""

from __future__ import annotations

from lms.hours import rerating, seals
from lms.hours.rerating_models import ReratingRun

State = ReratingRun.State


def seal_ledger() -> dict[str, object]:
    """Nightly: seal the days of posting that are over. A second run finds nothing to do."""
    made = seals.seal_finished_days()
    return {"days": len(made), "lines": sum(seal.lines for seal in made)}


def work_rerating(pk: int) -> None:
    """Plan or release a re-rating; a second run goes on where the first was cut."""
    rerating.work(run=ReratingRun.objects.get(pk=pk))


def resume_reratings() -> None:
    """Every five minutes: take up what was cut."""
    for run in ReratingRun.objects.filter(state__in=[State.PLANNING, State.APPROVED], problem=""):
        rerating.work(run=run)
