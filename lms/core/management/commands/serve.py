"""Everything that one small PC needs, in the foreground: database, static files, web, worker."""

from __future__ import annotations

import hashlib
import os
import socket
import sys
import time
import urllib.request
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from lms.core.processes import Supervisor

PATIENCE_SECONDS = 60
GRACE_SECONDS = 15
HOST = "127.0.0.1"


class Command(BaseCommand):
    help = "Prepare the embedded site, start web and worker, say when it is ready, stop all of it on Ctrl-C or TERM."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--demo", action="store_true", help="fill an empty database with the demo county")
        parser.add_argument("--members", type=int, default=3000, help="members of the demo county")

    def handle(self, *args: Any, **options: Any) -> None:
        port = options["port"]
        refuse_taken(port)
        os.environ.setdefault("XIANGXUE_URL", f"http://{HOST}:{port}")  # printed in QR codes by web and worker
        manage = str(settings.BASE_DIR / "manage.py")
        with Supervisor(grace=GRACE_SECONDS) as group:
            self.prepare(options)
            refuse_taken(port)  # again: filling the demo county takes its time
            group.start(web_command(port))
            group.start([sys.executable, manage, "run_worker"])
            wait_for(f"http://{HOST}:{port}/healthz", group)
            if options["demo"]:
                call_command("setup_demo", accounts=True)
            self.stdout.write(f"ready http://{HOST}:{port}")
            self.stdout.flush()
            while group.all_run():
                time.sleep(0.5)
            raise CommandError("a process ended by itself", returncode=2)

    def prepare(self, options: dict[str, Any]) -> None:
        """Bring database, cache table and static files up to date; fill the demo county where there is nothing."""
        call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0)
        collect_static()
        if options["demo"]:
            call_command("setup_demo", members=options["members"], if_empty=True)


def refuse_taken(port: int) -> None:
    """Raise CommandError when somebody listens there already; two servers could share a port unseen."""
    with socket.socket() as probe:
        probe.settimeout(2)
        if probe.connect_ex((HOST, port)) == 0:
            raise CommandError(f"port {port} is taken; choose another with PORT=", returncode=2)


def collect_static() -> None:
    """Collect and compress the static files where one of them has changed: it takes longer than all the rest."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            facts = Path(storage.path(name)).stat()
            digest.update(f"{name} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    stamp = Path(settings.DATA_DIR, "static.stamp")
    state = f"{digest.hexdigest()} {settings.STATIC_ROOT}"
    if Path(settings.STATIC_ROOT).is_dir() and stamp.exists() and stamp.read_text() == state:
        return
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.write_text(state)


def web_command(port: int) -> list[str]:
    """The web server: two processes, a few threads each."""
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port)]
    command += ["--working-dir", str(settings.BASE_DIR), "--workers", "2", "--blocking-threads", "4"]
    return [*command, "--log-level", "warning", "lms.wsgi:application"]


def wait_for(address: str, group: Supervisor) -> None:
    """Return once ``address`` answers. Raises CommandError when it does not, or a process ends first."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if not group.all_run():
            raise CommandError("a process ended before the site answered", returncode=2)
        try:
            with urllib.request.urlopen(address, timeout=2):  # noqa: S310
                return
        except OSError:
            time.sleep(0.2)
    raise CommandError("the site does not answer", returncode=2)
