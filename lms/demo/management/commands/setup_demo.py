"""Fill an empty database with the demo county."""

from __future__ import annotations

import gc
import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from lms.demo import build
from lms.demo.people import PASSWORD
from lms.members.models import User

BAR = 30


class Command(BaseCommand):
    help = "Fill an empty database with the demo county; the same content for the same seed. Refuses one that is not empty."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--members", type=int, default=3000, help="how many members (default: 3000)")
        parser.add_argument("--seed", type=int, default=1, help="another number makes another county")
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")
        parser.add_argument("--if-empty", action="store_true", help="do nothing, without an error, where there is data")
        parser.add_argument("--accounts", action="store_true", help="only print the accounts of the demo county")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["accounts"]:
            return self.print_accounts()
        if options["if_empty"] and not build.is_empty():
            return None
        started = time.monotonic()
        gc.disable()  # half a million rows that live to the end: looking for garbage among them took 4 of 75 s
        told = self.ignore if options["json"] else self.draw_bar
        try:
            figures = build.build(members=options["members"], seed=options["seed"], told=told)
        except build.NotEmptyError as error:
            message = "the database is not empty; the demo county needs an empty one (another XIANGXUE_DATA)"
            raise CommandError(message, returncode=2) from error
        except ValueError as error:
            raise CommandError(str(error), returncode=2) from error
        gc.enable()
        figures["seconds"] = round(time.monotonic() - started, 1)
        if options["json"]:
            self.stdout.write(json.dumps(figures, ensure_ascii=False))
        else:
            self.stdout.write(
                "\n{members} members, {courses} courses, {trainings} trainings, {entries} lines of hours in {seconds} s".format(
                    **figures
                )
            )
        return None

    def draw_bar(self, what: str, done: int, steps: int) -> None:
        """One line that fills; on a pipe, a line of its own each time something new begins."""
        filled = BAR * done // steps
        line = f"[{'█' * filled}{'·' * (BAR - filled)}] {100 * done // steps:3d} %  {what}"
        if self.stdout.isatty():
            self.stdout.write(f"\r{line}      ", ending="")
            self.stdout.flush()
        elif what != getattr(self, "last", ""):
            self.last = what
            self.stdout.write(line)
            self.stdout.flush()

    def ignore(self, what: str, done: int, steps: int) -> None:
        """Nothing on the screen but the JSON."""

    def print_accounts(self) -> None:
        """User name and real name of each account; the password once."""
        known = {user.username: user for user in User.objects.filter(username__in=build.ACCOUNTS)}
        for name in build.ACCOUNTS:
            if name in known:
                self.stdout.write(f"  {name:<10} {known[name].get_full_name()}")
        self.stdout.write(f"  password   {PASSWORD}")
