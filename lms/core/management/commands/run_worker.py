"""The background worker under its watchdog.

A killed idle worker can hang the whole cluster while every process looks alive, so the watchdog trusts only work that was
done: a heartbeat job each minute. When it is late the whole group is ended and started again.
"""

from __future__ import annotations

import os
import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection

from lms import schedules
from lms.core import queue
from lms.core.processes import Supervisor

LOOK_SECONDS = 2
GRACE_SECONDS = 8  # less than the grace of `serve`, which may be above
# Every worker may be busy with one job for its whole time, and the heartbeat comes round once a minute.
LATE_SECONDS = settings.Q_CLUSTER["timeout"] + 180


class Command(BaseCommand):
    help = "Run the background worker and the media worker under a watchdog until told to stop."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--late", type=float, default=LATE_SECONDS, help="seconds without a heartbeat after which it is restarted"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        schedules.ensure()
        manage = str(settings.BASE_DIR / "manage.py")
        cluster = [sys.executable, manage, "qcluster"]
        with Supervisor(grace=GRACE_SECONDS) as group:
            parent = os.getppid()
            while os.getppid() == parent:
                group.start([sys.executable, manage, "run_media"])  # films take longer than any job of the queue may
                reason = self.watch_one(group, cluster, late=options["late"])
                self.stderr.write(f"worker: {reason}, starting it again")
                group.stop()

    def watch_one(self, group: Supervisor, command: Sequence[str], *, late: float) -> str:
        """Start a cluster and return why it must be replaced: it ended, or gave no sign for ``late`` seconds.

        Time is measured here and not taken from the heartbeat, so that a clock that jumps restarts nothing; while the
        database cannot be asked nobody can work, and waiting is right.
        """
        cluster, parent = group.start(command), os.getppid()
        seen = time.monotonic()
        while os.getppid() == parent:
            if cluster.poll() is not None:
                return f"ended with {cluster.returncode}"
            if not group.all_run():
                return "the media worker ended"
            time.sleep(min(LOOK_SECONDS, late / 4))
            try:
                age = queue.heartbeat_age()
            except DatabaseError:
                connection.close()
                continue
            if age is not None and 0 <= age < time.monotonic() - seen:
                seen = time.monotonic() - age
            if time.monotonic() - seen > late:
                return "no heartbeat"
        return "left alone"
