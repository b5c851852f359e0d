"""Child processes in groups of their own, so that nothing started here outlives the one who started it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from types import FrameType, TracebackType

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Stopped(Exception):
    """Somebody asked this process to end."""


class Supervisor:
    """Starts processes and ends all of them, with their own children, when its block is left for whatever reason.

    TERM, Ctrl-C and a closed terminal raise ``Stopped`` inside the block, which the block swallows: to be asked to end
    is a good end. A signal that arrives while a process is being started waits until that process is on the list.
    Used from the main thread, one at a time.
    """

    def __init__(self, *, grace: float) -> None:
        """``grace``: seconds between asking and killing. A supervisor under another one needs the shorter of the two."""
        self.grace = grace
        self.children: list[subprocess.Popen[bytes]] = []
        self._starting = False
        self._asked = False

    def __enter__(self) -> Supervisor:
        self._before = {number: signal.signal(number, self._ask) for number in SIGNALS}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> bool:
        for number in SIGNALS:  # asking twice must not cut the ending short
            signal.signal(number, signal.SIG_IGN)
        self.stop()
        for number, handler in self._before.items():
            signal.signal(number, handler)
        return kind is not None and issubclass(kind, Stopped)

    def start(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        """Start a command as the leader of a new process group."""
        self._starting = True
        try:
            child = subprocess.Popen(command, start_new_session=True)  # noqa: S603
            self.children.append(child)
        finally:
            self._starting = False
        if self._asked:
            raise Stopped
        return child

    def stop(self) -> None:
        """Ask every group to end, wait, and kill what is left of it."""
        for child in self.children:
            _signal(child, signal.SIGTERM)
        deadline = time.monotonic() + self.grace
        for child in self.children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(max(0.1, deadline - time.monotonic()))
            _signal(child, signal.SIGKILL)
            child.wait()
        self.children.clear()

    def all_run(self) -> bool:
        """Whether no process has ended by itself."""
        return all(child.poll() is None for child in self.children)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self._asked:
            return
        self._asked = True
        if not self._starting:
            raise Stopped


def _signal(child: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, number)
