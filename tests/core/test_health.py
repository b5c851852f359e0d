"""/healthz and /readyz: a process that answers is not yet a site that can do its work."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections import namedtuple
from pathlib import Path

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ

from lms.core import health, queue

pytestmark = pytest.mark.django_db
Usage = namedtuple("Usage", "total used free")


@pytest.fixture(autouse=True)
def data(settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of its own on a disk with room."""
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(health.shutil, "disk_usage", lambda path: Usage(10**12, 0, 10**12))
    return tmp_path


def ready(client: Client) -> tuple[int, dict]:
    response = client.get("/readyz")
    assert (response.status_code == 503) == ("Retry-After" in response)
    return response.status_code, response.json()


def test_it_works(client: Client) -> None:
    status, body = ready(client)
    assert status == 200
    assert body == {
        "ok": True,
        "database": {"ok": True},
        "queue": {"ok": True, "oldest_seconds": 0},
        "disk": {"ok": True, "free_bytes": 10**12},
        "backup": {"ok": True, "age_seconds": None},
    }


def test_the_process_lives_whatever_the_database_does(client: Client, monkeypatch, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert client.get("/healthz").json() == {"ok": True}


def test_case_28_no_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise OperationalError("unable to open database file")

    monkeypatch.setattr(connection, "cursor", refuse)
    status, body = ready(client)
    assert status == 503
    assert body["database"] == {"ok": False, "error": "OperationalError"}
    assert body["queue"] == {"ok": False, "oldest_seconds": None}


def test_a_job_that_waits_too_long(client: Client) -> None:
    queue.enqueue("lms.core.queue.heartbeat")
    assert ready(client)[0] == 200
    waited = dt.timedelta(seconds=health.QUEUE_SECONDS + 5)
    OrmQ.objects.update(lock=timezone.now() - waited)
    status, body = ready(client)
    assert status == 503
    assert body["queue"]["oldest_seconds"] >= health.QUEUE_SECONDS


def test_a_job_in_work_does_not_wait(client: Client) -> None:
    """The broker moves the lock of a job that was taken into the future."""
    queue.enqueue("lms.core.queue.heartbeat")
    OrmQ.objects.update(lock=timezone.now() + dt.timedelta(seconds=1200))
    assert ready(client)[1]["queue"] == {"ok": True, "oldest_seconds": 0}


def test_a_full_disk(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health.shutil, "disk_usage", lambda path: Usage(10**9, 10**9, 1000))
    status, body = ready(client)
    assert status == 503
    assert body["disk"] == {"ok": False, "free_bytes": 1000}


@pytest.mark.parametrize(("hours", "status"), [(1, 200), (40, 503)])
def test_the_age_of_the_newest_backup(client: Client, data: Path, hours: int, status: int) -> None:
    (data / "backups").mkdir()
    for age in (hours, 500):
        kept = data / "backups" / f"{age}.tar"
        kept.touch()
        os.utime(kept, (0, time.time() - age * 3600))
    assert ready(client)[0] == status
    assert abs(ready(client)[1]["backup"]["age_seconds"] - hours * 3600) < 60


def test_nothing_personal_is_told_to_strangers(client: Client) -> None:
    assert set(client.get("/readyz").json()) == {"ok", "database", "queue", "disk", "backup"}
