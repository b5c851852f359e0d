"""Background work: one door to the queue.

The broker is the database, so a job is part of the transaction that made it. Only ids travel as arguments: a pickled
object would be stale, and a crafted one would run. The task itself calls one idempotent service.
"""

from __future__ import annotations

import time

from django.core.cache import cache
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task


def enqueue(path: str, object_id: int | str | None = None) -> str:
    """Queue the task at dotted ``path`` with an optional id; returns the queue's task id."""
    if object_id is not None and not isinstance(object_id, int | str):
        raise TypeError("only ids travel to the queue")
    args = () if object_id is None else (object_id,)
    return str(async_task(path, *args))


HEARTBEAT = "worker-heartbeat"
HEARTBEAT_LIFE = 24 * 3600


def heartbeat() -> None:
    """A job that only says: somebody is working. The watchdog of ``run_worker`` reads it."""
    cache.set(HEARTBEAT, time.time(), HEARTBEAT_LIFE)


def heartbeat_age() -> float | None:
    """Seconds since the last heartbeat; None when there was none within a day."""
    beaten = cache.get(HEARTBEAT)
    return None if beaten is None else time.time() - float(beaten)


def oldest_waiting() -> float:
    """Seconds that the oldest job has waited past its time; zero when none waits."""
    due = OrmQ.objects.filter(lock__lte=timezone.now()).order_by("lock").values_list("lock", flat=True).first()
    return 0.0 if due is None else (timezone.now() - due).total_seconds()
