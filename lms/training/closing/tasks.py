"""What the worker does about closing. Each task calls one service that can be cut and called again."""

from __future__ import annotations

from lms.training.closing import overdue, packages
from lms.training.models import Package


def close_overdue() -> None:
    """Remind of the trainings that are to be closed; close those that nobody closed in time."""
    overdue.remind()
    overdue.close_overdue()


def work_package(package_id: int) -> None:
    """Make an archive package, or make it anew after a crash."""
    packages.work(package=Package.objects.select_related("training").get(pk=package_id))


def resume_packages() -> None:
    """Pick up the packages that a crash left behind."""
    for package in packages.unfinished():
        work_package(package.pk)
