"""Child processes in groups of their own, so that nothing started here outlives the one who started it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Sequence

GRACE_SECONDS = 10
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def start(command: Sequence[str], **environment: str) -> subprocess.Popen[bytes]:
    """Start a command as the leader of a new process group."""
    return subprocess.Popen(command, start_new_session=True, env={**os.environ, **environment})  # noqa: S603


def stop(children: Iterable[subprocess.Popen[bytes]]) -> None:
    """Ask every group to end, wait, and kill what is left of it."""
    children = list(children)
    for child in children:
        _signal(child, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    for child in children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(max(0.1, deadline - time.monotonic()))
        _signal(child, signal.SIGKILL)
        child.wait()


def _signal(child: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, number)


class Stopped(Exception):
    """Somebody asked this process to end."""


def raise_on_signals() -> None:
    """Let TERM and Ctrl-C end the supervising loop through its ``finally``."""

    def raise_stopped(number: int, frame: object) -> None:
        for each in SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped

    for each in SIGNALS:
        signal.signal(each, raise_stopped)

