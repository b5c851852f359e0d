"""How well the search finds in the demo county."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from lms.demo import judging
from lms.members.models import User


class Command(BaseCommand):
    help = "Ask the judged queries in the demo county; print recall and precision and where they fell short."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username="county").first()
        if user is None:
            raise CommandError("this is not the demo county: fill an empty database with setup_demo", returncode=2)
        found = judging.figures(judging.judge(user))
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False))
            return
        for one in found["short"]:
            missed, wrong = "、".join(one["missed"]), "、".join(one["wrong"])
            self.stdout.write(f"{one['query']} ({one['near']})  missed: {missed or '-'}  unwanted: {wrong or '-'}")
        self.stdout.write(
            f"\n{found['queries']} queries: recall {found['recall']:.1%}, precision {found['precision']:.1%}"
        )
