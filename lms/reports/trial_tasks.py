"""What the worker does for trials of goals."""

from __future__ import annotations

from lms.reports import trials
from lms.reports.models import GoalTrial


def work_trial(trial_id: int) -> None:
    """Run a trial, or do what is left of it."""
    trials.work(trial=GoalTrial.objects.get(pk=trial_id))


def resume_trials() -> None:
    """Pick up the trials that a crash left behind."""
    for trial in GoalTrial.objects.filter(problem="", state=GoalTrial.State.WORKING):
        work_trial(trial.pk)
