"""A supervisor leaves nothing behind: real processes, real signals."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from lms.core.processes import Stopped, Supervisor
from tests.core.alive import left_after, runs

# A child that starts one of its own and tells both ids; ``{ignore}`` makes them deaf to TERM.
FAMILY = """
import signal, subprocess, sys, time
{ignore}
below = subprocess.Popen([sys.executable, "-c", "import signal, time; {ignore}; time.sleep(60)"])
print(below.pid, flush=True)
time.sleep(60)
"""
SUPERVISED = """
import sys, time
from lms.core.processes import Supervisor
with Supervisor(grace=5) as group:
    child = group.start([sys.executable, "-c", sys.argv[1]])
    print(child.pid, flush=True)
    time.sleep(60)
print("left", flush=True)
"""
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"


def family(ignore: str = "pass") -> list[str]:
    return [sys.executable, "-c", FAMILY.replace("{ignore}", ignore)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_children_and_their_children(number: signal.Signals) -> None:
    command = [sys.executable, "-c", SUPERVISED, family()[-1]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as supervisor:
        pids = [int(supervisor.stdout.readline()) for _ in range(2)]
        assert all(runs(pid) for pid in pids)
        supervisor.send_signal(number)
        rest, _ = supervisor.communicate(timeout=20)
    assert rest == "left\n", "the block was left in good order"
    assert supervisor.returncode == 0
    assert left_after(pids, 2) == []


def test_who_does_not_listen_is_killed() -> None:
    with Supervisor(grace=0.5) as group:
        child = group.start(family(DEAF))
        time.sleep(1)
        begun = time.monotonic()
    assert not runs(child.pid)
    assert time.monotonic() - begun < 5


def test_a_failure_ends_the_children_and_is_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError), Supervisor(grace=2) as group:
        child = group.start(family())
        _ = 1 / 0
    assert not runs(child.pid)


def test_a_signal_during_a_start_loses_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The moment between the process and its place on the list: a signal there must not orphan it."""
    started = []
    popen = subprocess.Popen

    def interrupted(*args: object, **kwargs: object) -> subprocess.Popen[bytes]:
        started.append(popen(*args, **kwargs))
        signal.raise_signal(signal.SIGTERM)
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", interrupted)
    with Supervisor(grace=2) as group:
        group.start(family())
        pytest.fail("the signal was lost")
    assert not runs(started[0].pid)


def test_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Supervisor(grace=1):
        assert signal.getsignal(signal.SIGTERM) != before
        raise Stopped
    assert signal.getsignal(signal.SIGTERM) == before
