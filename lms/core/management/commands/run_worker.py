"""The background worker under its watchdog.

A killed idle worker can hang the whole cluster while every process looks alive, so the watchdog trusts only work that was
done: a heartbeat job each minute. When it is late the whole group is ended and started again.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from django.core.management.base import BaseCommand

from lms import schedules
from lms.core import processes, queue

LATE_SECONDS = 300
LOOK_SECONDS = 2


class Command(BaseCommand):
    help = "Run the background worker under a watchdog until told to stop."

    def handle(self, *args: Any, **options: Any) -> None:
        schedules.ensure()
        processes.raise_on_signals()
        try:
            while True:
                self.watch_one()
        except processes.Stopped:
            return

    def watch_one(self) -> None:
        """Start a cluster and return when it ended or fell silent; it is stopped in either case."""
        queue.heartbeat()
        cluster = processes.start([sys.executable, "manage.py", "qcluster"])
        try:
            while cluster.poll() is None:
                time.sleep(LOOK_SECONDS)
                age = queue.heartbeat_age()
                if age is None or age > LATE_SECONDS:
                    self.stderr.write("worker: no heartbeat, starting it again")
                    return
        finally:
            processes.stop([cluster])
