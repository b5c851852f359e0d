"""Reading work spread over the processor's cores.

Python computes on one core a process. Work that only reads, in parts that know nothing of each other, is done by children of
this process with database connections of their own; the results come back in the order of the parts.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

from django.db import connections

T = TypeVar("T")
R = TypeVar("R")


def spread(work: Callable[[T], R], parts: Sequence[T], *, processes: int | None = None) -> Iterator[R]:
    """``work(part)`` for each part, in order. ``processes``: how many (as many as cores); 1 stays in this process.

    ``work`` is a module's function; parts and results are plain values. Falls back to one process where another cannot be
    had: inside a transaction (its rows are nobody else's to see), in a job of the queue, beside threads, without ``fork``.
    """
    count = min(processes or cores(), len(parts))
    if count < 2 or not _may_fork():
        yield from map(work, parts)
        return
    connections.close_all()  # a connection that two processes hold is nobody's
    with ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("fork")) as pool:
        yield from pool.map(work, parts)


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _may_fork() -> bool:
    return (
        "fork" in multiprocessing.get_all_start_methods()
        and not multiprocessing.current_process().daemon
        and threading.active_count() == 1
        and not any(one.in_atomic_block or _in_memory(one) for one in connections.all(initialized_only=True))
    )


def _in_memory(connection: object) -> bool:
    return bool(getattr(connection, "is_in_memory_db", lambda: False)())
