"""Everything that one small PC needs, in the foreground: database, static files, web, worker."""

from __future__ import annotations

import sys
import time
import urllib.request
from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from lms.core import processes

PATIENCE_SECONDS = 60
HOST = "127.0.0.1"


class Command(BaseCommand):
    help = "Prepare the embedded site, start web and worker, say when it is ready, stop all of it on Ctrl-C or TERM."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--demo", action="store_true", help="fill an empty database with the demo county")
        parser.add_argument("--members", type=int, default=3000, help="members of the demo county")

    def handle(self, *args: Any, **options: Any) -> None:
        processes.raise_on_signals()
        children = []
        try:
            self.prepare(options)
            children.append(self.web(options["port"]))
            children.append(processes.start([sys.executable, "manage.py", "run_worker"]))
            self.wait_for(f"http://{HOST}:{options['port']}", children)
            if options["demo"]:
                call_command("setup_demo", accounts=True)
            self.stdout.write(f"ready http://{HOST}:{options['port']}")
            self.stdout.flush()
            self.watch(children)
        except processes.Stopped:
            pass
        finally:
            processes.stop(children)

    def prepare(self, options: dict[str, Any]) -> None:
        """Bring database, cache table and static files up to date; fill the demo county where there is nothing."""
        call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        if options["demo"]:
            call_command("setup_demo", members=options["members"], if_empty=True)

    def web(self, port: int) -> Any:
        """The web server: two processes, a few threads each."""
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port)]
        command += ["--workers", "2", "--blocking-threads", "4", "--log-level", "warning", "lms.wsgi:application"]
        return processes.start(command)

    def wait_for(self, address: str, children: list[Any]) -> None:
        """Return once the site answers. Raises CommandError when it does not, or a process ends first."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if any(child.poll() is not None for child in children):
                raise CommandError("a process ended before the site answered; is the port taken?")
            try:
                urllib.request.urlopen(f"{address}/healthz", timeout=2)  # noqa: S310
                return
            except OSError:
                time.sleep(0.2)
        raise CommandError("the site does not answer")

    def watch(self, children: list[Any]) -> None:
        """Wait until told to stop; a process that ends by itself ends all."""
        while all(child.poll() is None for child in children):
            time.sleep(0.5)
        raise CommandError("a process ended by itself")
