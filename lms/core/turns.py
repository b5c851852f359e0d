"""Taking turns at a database that writes one at a time."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext

from django.db import connection

# SQLite lets whoever finds it busy sleep, for longer and longer; threads of one process that take turns do not sleep.
_TURNS: dict[str, AbstractContextManager[object]] = {"sqlite": threading.Lock(), "postgresql": nullcontext()}


def turn() -> AbstractContextManager[object]:
    """Around a short write that many make at once; never within a transaction, whose lock is held for longer."""
    return _TURNS[connection.vendor]
