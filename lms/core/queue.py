"""Background work: one door to the queue.

The broker is the database, so a job is part of the transaction that made it. Only ids travel as arguments: a pickled
object would be stale, and a crafted one would run. The task itself calls one idempotent service.
"""

from __future__ import annotations

from django_q.tasks import async_task


def enqueue(path: str, object_id: int | str | None = None) -> str:
    """Queue the task at dotted ``path`` with an optional id; returns the queue's task id."""
    if object_id is not None and not isinstance(object_id, int | str):
        raise TypeError("only ids travel to the queue")
    args = () if object_id is None else (object_id,)
    return str(async_task(path, *args))
