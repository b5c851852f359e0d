"""The one list of recurring jobs. ``run_worker`` makes the queue's table agree with it at every start."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone
from django_q.models import Schedule


@dataclass(frozen=True, slots=True)
class Recurring:
    """A task by dotted path: every so many ``minutes``, or once a day at ``hour`` (the county's time)."""

    name: str
    task: str
    minutes: int = 0
    hour: int = 0


RECURRING = (
    Recurring("heartbeat", "lms.core.queue.heartbeat", minutes=1),
    Recurring("send-notices", "lms.notices.tasks.drain", minutes=1),
    Recurring("remind-of-tomorrow", "lms.training.tasks.remind_of_tomorrow", minutes=60),
    Recurring("publish-scheduled", "cms.tasks.publish_scheduled", minutes=5),
    Recurring("end-forgotten-playing", "courses.tasks.end_forgotten_sessions", minutes=10),
    Recurring("unpack-forgotten-packages", "courses.tasks.unpack_forgotten", minutes=5),
    Recurring("close-forgotten-viewings", "lms.stations.tasks.close_forgotten_viewings", minutes=5),
    Recurring("resume-imports", "lms.exchange.tasks.resume_runs", minutes=5),
    Recurring("resume-certificates", "lms.reports.certificates_tasks.resume_batches", minutes=5),
    Recurring("resume-closings", "lms.reports.closing_tasks.resume_closings", minutes=5),
    Recurring("resume-trials", "lms.reports.trial_tasks.resume_trials", minutes=5),
    Recurring("resume-packages", "lms.training.closing.tasks.resume_packages", minutes=5),
    Recurring("close-overdue-trainings", "lms.training.closing.tasks.close_overdue", minutes=60),
    Recurring("release-seats-of-gone", "lms.training.tasks.release_seats", minutes=60),
    Recurring("resume-reratings", "lms.hours.tasks.resume_reratings", minutes=5),
    Recurring("shrink-base-photographs", "lms.training.tasks.shrink_photographs", hour=3),
    Recurring("forget-old-uploads", "courses.tasks.forget_old_uploads", hour=3),
    Recurring("remind-of-due-courses", "courses.tasks.remind_of_due_courses", hour=8),
    Recurring("goals-follow-the-calendar", "lms.goals.tasks.follow_the_calendar", hour=1),
    Recurring("seal-ledger", "lms.hours.tasks.seal_ledger", hour=1),
    Recurring("audit-hours", "lms.reports.tasks.audit_nightly", hour=2),
    Recurring("search-index", "lms.core.search.upkeep.nightly", hour=3),
)


def ensure() -> None:
    """Make the schedules in the database those of the list; a schedule that stands keeps its next run."""
    for job in RECURRING:
        kind = Schedule.MINUTES if job.minutes else Schedule.DAILY
        Schedule.objects.update_or_create(
            name=job.name,
            defaults={"func": job.task, "schedule_type": kind, "minutes": job.minutes or None, "repeats": -1},
            create_defaults={
                "func": job.task,
                "schedule_type": kind,
                "minutes": job.minutes or None,
                "repeats": -1,
                "next_run": first_run(job),
            },
        )
    Schedule.objects.exclude(name__in=[job.name for job in RECURRING]).delete()


def first_run(job: Recurring) -> dt.datetime:
    """Now for what repeats within the day, the next such hour for what runs once a day."""
    now = timezone.localtime()
    if job.minutes:
        return now
    at = now.replace(hour=job.hour, minute=10, second=0, microsecond=0)
    return at if at > now else at + dt.timedelta(days=1)
