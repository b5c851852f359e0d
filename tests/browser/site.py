"""The site that the browser visits: a demo county in a folder of its own, served and worked for by processes of its own.

Nothing here shares a connection with the tests' database, so that a page may be opened in any test, in any order, on either
engine's run. What a test wants to know it reads from the pages, or from a command of ``manage.py``.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from courses import media
from lms.core.management.commands import serve
from tests import template

FILM_SECONDS = 12
GRACE_SECONDS = 20
PATIENCE_SECONDS = 120
PREPARING_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Site:
    """Where it is (``http://127.0.0.1:…``) and the folder with its database and media."""

    url: str
    data: Path

    def manage(self, *arguments: str) -> Any:
        """Run a command of ``manage.py`` there with ``--json``; returns what it found. Raises when it exits with an error."""
        return json.loads(_python("manage.py", *arguments, "--json", data=self.data))

    def run(self, module: str, *arguments: str) -> Any:
        """Run a module of the tests in this site's folder; returns the JSON that it prints."""
        return json.loads(_python("-m", module, *arguments, data=self.data))


def prepared(folder: Path) -> Path:
    """``folder`` with the demo county in it: made by whoever comes first, waited for by the others."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            folder.mkdir()
            _migrated(folder)
            _python("-m", "tests.browser.prepare", str(film(folder)), data=folder)
            (folder / "made").touch()
    return folder


@contextlib.contextmanager
def running(county: Path, folder: Path, application: str = "lms.wsgi:application") -> Iterator[Site]:
    """Serve a copy of a prepared county; yields the Site. Both processes are gone when the block is left."""
    shutil.copytree(county, folder)
    port = _free_port()
    worker = [sys.executable, "manage.py", "run_worker"]
    command = [*serve.web_command(port)[:-1], application]
    with _process(command, folder) as web, _process(worker, folder):
        _wait_for(f"http://127.0.0.1:{port}/healthz", web)
        yield Site(f"http://127.0.0.1:{port}", folder)


@contextlib.contextmanager
def _process(command: list[str], data: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that leads a group of its own; the group is ended when the block is left."""
    environment = {**os.environ, **_environment(data)}
    with (data / "log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=settings.BASE_DIR, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_for(address: str, web: subprocess.Popen[bytes]) -> None:
    """Return once ``address`` answers."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and web.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=2):
            return
        time.sleep(0.1)
    raise AssertionError("the site does not answer")


def film(folder: Path) -> Path:
    """A moving test picture of twelve seconds in H.264."""
    path = folder / "film.mp4"
    source = f"testsrc=duration={FILM_SECONDS}:size=320x180:rate=10"
    command = [media.ffmpeg(), "-loglevel", "error", "-f", "lavfi", "-i", source]
    command += ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "10", "-movflags", "+faststart", str(path)]
    subprocess.run(command, check=True, timeout=60)
    return path


def _migrated(folder: Path) -> None:
    """An empty database: a copy of the migrated one with which other tests of this run began, where they left it.

    Not of their database itself: tests that commit have emptied its tables by now, what migrations put there included.
    """
    if template.path().exists():
        shutil.copyfile(template.path(), folder / "db.sqlite3")
    else:
        _python("manage.py", "migrate", "--verbosity", "0", data=folder)
        _python("manage.py", "createcachetable", data=folder)


def _environment(data: Path) -> dict[str, str]:
    """Debug serves the static files as they lie there: to collect and compress them takes half a minute."""
    return {"XIANGXUE_DATA": str(data), "DATABASE_URL": "", "XIANGXUE_DEBUG": "1"}


def _python(*arguments: str, data: Path) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env={**os.environ, **_environment(data)},
        capture_output=True,
        text=True,
        timeout=PREPARING_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
