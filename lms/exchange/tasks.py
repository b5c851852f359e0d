"""What the worker does for imports. Each task calls one service that can be cut and called again."""

from __future__ import annotations

from lms.exchange import services
from lms.exchange.models import ImportRun


def plan_run(run_id: int) -> None:
    """Read and plan an uploaded roster."""
    services.make_plan(run=ImportRun.objects.select_related("unit", "created_by").get(pk=run_id))


def apply_run(run_id: int) -> None:
    """Write a confirmed roster, or what is left of it."""
    services.apply(run=ImportRun.objects.select_related("unit", "created_by").get(pk=run_id))


def resume_runs() -> None:
    """Pick up what a crash left behind: uploads without a plan, confirmed runs without an end."""
    for run in ImportRun.objects.filter(state=ImportRun.State.UPLOADED):
        plan_run(run.pk)
    for run in ImportRun.objects.filter(state=ImportRun.State.APPLYING, attempts__lt=services.MAX_ATTEMPTS):
        apply_run(run.pk)
