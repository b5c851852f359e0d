"""The watchdog of the worker: what hangs is replaced, what works is left alone; the list of recurring jobs."""

from __future__ import annotations

import datetime as dt
import importlib
import sys
import time

import pytest
from django.db import OperationalError
from django_q.models import OrmQ, Schedule

from lms import schedules
from lms.core import queue
from lms.core.management.commands import run_worker
from lms.core.processes import Supervisor
from tests.core.alive import runs

SILENT = [sys.executable, "-c", "import time; time.sleep(60)"]

pytestmark = pytest.mark.django_db


def test_a_worker_that_works_is_left_alone_until_it_falls_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """It beats for two seconds, then hangs; four times the patience pass while it works."""
    begun = time.monotonic()
    monkeypatch.setattr(queue, "heartbeat_age", lambda: max(0.0, time.monotonic() - begun - 2))
    with Supervisor(grace=1) as group:
        assert run_worker.Command().watch_one(group, SILENT, late=0.5) == "no heartbeat"
        assert 2.4 < time.monotonic() - begun < 6
        pid = group.children[0].pid
        group.stop()
        assert not runs(pid)


def test_the_heartbeat_of_an_earlier_worker_does_not_count() -> None:
    queue.heartbeat()
    time.sleep(0.3)
    with Supervisor(grace=1) as group:
        assert run_worker.Command().watch_one(group, SILENT, late=0.4) == "no heartbeat"


def test_a_worker_that_ends_is_replaced_at_once() -> None:
    with Supervisor(grace=1) as group:
        reason = run_worker.Command().watch_one(group, [sys.executable, "-c", "raise SystemExit(7)"], late=60)
    assert reason == "ended with 7"


def test_case_28_a_database_that_does_not_answer_restarts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def refuse() -> float:
        asked.append(time.monotonic())
        if len(asked) > 6:
            group.children[0].kill()
        raise OperationalError("database is locked")

    monkeypatch.setattr(queue, "heartbeat_age", refuse)
    monkeypatch.setattr(run_worker.connection, "close", lambda: None)
    with Supervisor(grace=1) as group:
        assert run_worker.Command().watch_one(group, SILENT, late=0.4) == "ended with -9"
    assert asked[6] - asked[0] > 0.4


def test_every_recurring_job_is_a_function_that_exists() -> None:
    for job in schedules.RECURRING:
        module, _, name = job.task.rpartition(".")
        assert callable(getattr(importlib.import_module(module), name)), job.task


def test_the_queue_agrees_with_the_list_and_keeps_its_next_runs() -> None:
    Schedule.objects.create(name="gone", func="nowhere.at_all")
    schedules.ensure()
    later = Schedule.objects.get(name="heartbeat").next_run + dt.timedelta(minutes=7)
    Schedule.objects.filter(name="heartbeat").update(next_run=later)
    schedules.ensure()
    assert set(Schedule.objects.values_list("name", flat=True)) == {job.name for job in schedules.RECURRING}
    assert Schedule.objects.get(name="heartbeat").next_run == later


def test_only_ids_travel_to_the_queue() -> None:
    with pytest.raises(TypeError):
        queue.enqueue("lms.core.queue.heartbeat", {"name": "王秀英"})  # type: ignore[arg-type]
    assert not OrmQ.objects.exists()
