"""The worker's part, played in the test's own process."""

from __future__ import annotations

from importlib import import_module

from django_q.models import OrmQ
from django_q.signing import SignedPackage


def work_off_the_queue() -> int:
    """Run what waits in the queue, here and now, as a worker would; returns how many jobs ran."""
    ran = 0
    while (job := OrmQ.objects.order_by("pk").first()) is not None:
        task = SignedPackage.loads(job.payload)
        job.delete()
        module, name = task["func"].rsplit(".", 1)
        getattr(import_module(module), name)(*task["args"], **task["kwargs"])
        ran += 1
    return ran
