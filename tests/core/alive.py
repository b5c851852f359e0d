"""Whether processes still run, for tests that start real ones."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path


def runs(pid: int) -> bool:
    """True while the process does anything; one that has ended and waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def left_after(pids: Iterable[int], seconds: float) -> list[int]:
    """The processes that still run after at most so many seconds."""
    pids, deadline = list(pids), time.monotonic() + seconds
    while time.monotonic() < deadline and any(runs(pid) for pid in pids):
        time.sleep(0.05)
    return [pid for pid in pids if runs(pid)]


def descendants(pid: int) -> list[int]:
    """Every process below this one, whatever its group."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(parent, []).append(int(stat.parent.name))
    found, todo = [], [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found
