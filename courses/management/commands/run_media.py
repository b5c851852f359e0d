"""The media worker: films that wait, one at a time, each in a process of its own.

A process that ends in the middle of a film, or falls silent, costs nothing but the step it was in.
"""

from __future__ import annotations

import os
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection

from courses import transcoding
from courses.models import MediaFile
from lms.core.processes import Supervisor

LOOK_SECONDS = 3.0
GRACE_SECONDS = 3


class Command(BaseCommand):
    help = "Make films that wait ready for slow lines, until told to stop."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what waits now in this process, then end")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            self.work()
            return
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "run_media", "--once"]
        parent = os.getppid()
        with Supervisor(grace=GRACE_SECONDS) as group:
            while os.getppid() == parent:
                if asked(transcoding.waiting):
                    child = group.start(command)
                    while child.poll() is None and os.getppid() == parent and not asked(transcoding.overdue):
                        time.sleep(LOOK_SECONDS)
                    group.stop()
                time.sleep(LOOK_SECONDS)

    def work(self) -> None:
        """Take one row after another until none waits."""
        while (row := transcoding.claim()) is not None:
            transcoding.work_on(row, self.report)

    def report(self, row: MediaFile, what: str) -> None:
        """A line on the terminal."""
        self.stdout.write(f"media {row.pk} {row.title}: {what}")
        self.stdout.flush()


def asked(question: Callable[[], object]) -> bool:
    """What the database answers; while it cannot be asked nobody can work."""
    try:
        return bool(question())
    except DatabaseError:
        connection.close()
        return False
