"""The embedded site in the foreground: ready when it says so, gone when it is told to go."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from django.contrib.staticfiles.finders import get_finder
from django.contrib.staticfiles.storage import staticfiles_storage
from django.utils.functional import empty

from lms.core.management.commands import serve
from tests.core.alive import descendants, left_after


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def begin(data: Path, port: int) -> subprocess.Popen[str]:
    environment = {"XIANGXUE_DATA": str(data), "DATABASE_URL": "", "PATH": os.environ["PATH"]}
    command = [sys.executable, "manage.py", "serve", "--port", str(port)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def wait_until_ready(site: subprocess.Popen[str]) -> str:
    for line in site.stdout:
        if line.startswith("ready "):
            return line
    pytest.fail("it ended before it was ready")


def wait_for_heartbeat(data: Path, seconds: float) -> None:
    """Return once the worker has done the heartbeat job."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.closing(sqlite3.connect(data / "db.sqlite3", timeout=20)) as database:
            count = "SELECT count(*) FROM django_cache WHERE cache_key LIKE '%worker-heartbeat'"
            if database.execute(count).fetchone()[0]:
                return
        time.sleep(0.5)
    pytest.fail("the worker does no work")


@pytest.mark.embedded
def test_it_serves_it_works_and_it_leaves_nothing_behind(tmp_path: Path) -> None:
    port = free_port()
    site = begin(tmp_path, port)
    try:
        assert wait_until_ready(site) == f"ready http://127.0.0.1:{port}\n"
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=60) as answer:
            assert json.load(answer)["ok"]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/login/", timeout=60) as answer:
            assert "乡学" in answer.read().decode()
        wait_for_heartbeat(tmp_path, 180)
        below = descendants(site.pid)
        assert len(below) >= 6, "two web workers and their parent, the watchdog, the cluster and its children"
    finally:
        site.send_signal(signal.SIGTERM)
        assert site.wait(60) == 0
    assert left_after(below, 2) == []


def test_static_files_are_collected_only_when_one_has_changed(settings, tmp_path: Path, monkeypatch) -> None:
    """Compressing them is what would make a second start slow."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "page.css").write_text("a{}")
    settings.STATICFILES_DIRS = [source]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.DATA_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "static"
    get_finder.cache_clear()
    monkeypatch.setattr(staticfiles_storage, "_wrapped", empty)
    collected = tmp_path / "static" / "page.css"
    serve.collect_static()
    assert collected.read_text() == "a{}"
    collected.write_text("untouched")
    serve.collect_static()
    assert collected.read_text() == "untouched"
    (source / "page.css").write_text("a{b:c}")
    os.utime(source / "page.css", (time.time() + 60,) * 2)  # Django compares whole seconds
    serve.collect_static()
    assert collected.read_text() == "a{b:c}"
    get_finder.cache_clear()


def test_a_taken_port_is_refused_with_its_number(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(serve.CommandError, match=f"port {port} is taken"):
            serve.refuse_taken(port)
