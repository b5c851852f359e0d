"""What the worker does for the closing of a year. Each task calls one service that can be cut and called again."""

from __future__ import annotations

from lms.reports import closing
from lms.reports.models import ClosingRun


def work_closing(run_id: int) -> None:
    """Close a year, or do what is left of it."""
    closing.work(run=ClosingRun.objects.get(pk=run_id))


def resume_closings() -> None:
    """Pick up the closings that a crash left behind."""
    for run in ClosingRun.objects.filter(problem="").exclude(state=ClosingRun.State.DONE):
        work_closing(run.pk)
