"""Work out what a rule that waits would change, in the terminal; release what was approved on the desk."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from lms.hours import rerating
from lms.hours import rerating_selectors as selectors
from lms.hours.models import CreditRule
from lms.hours.rerating_models import ReratedMember, ReratingRun


class Command(BaseCommand):
    help = "Plan the re-rating of a rule that waits (ACTIVITY@DATE), or go on with its open run. Exit 2 when it cannot run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("rule", metavar="ACTIVITY@DATE", help="for example class@2026-01-01")
        parser.add_argument("--json", action="store_true", help="the result as JSON on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        run = self._run(options["rule"])
        while rerating.step(run):
            run.refresh_from_db()
            if not options["json"]:
                self.stdout.write(f"\r{run.done} / {run.total}", ending="")
        run = rerating.work(run=run)
        moved = selectors.sums(ReratedMember.objects.filter(run=run))
        record = {
            "run": run.pk,
            "state": run.state,
            "members": moved.members,
            "less": float(moved.less),
            "more": float(moved.more),
        }
        self.stdout.write(json.dumps(record) if options["json"] else self._told(run, moved))

    def _run(self, name: str) -> ReratingRun:
        rule = next((rule for rule, _last in selectors.waiting() if str(rule) == name), None)
        if rule is None:
            raise CommandError(_("没有等待重新折算的规则：%(rule)s") % {"rule": name}, returncode=2)
        return self._open(rule) or rerating.begin(rule=rule, by=None)

    def _open(self, rule: CreditRule) -> ReratingRun | None:
        return rule.reratings.filter(state__in=ReratingRun.OPEN).first()

    def _told(self, run: ReratingRun, moved: selectors.Moved) -> str:
        return "\n" + _("%(state)s：%(members)s 人，冲回 %(less)s 学时，重新计入 %(more)s 学时。") % {
            "state": run.get_state_display(),
            "members": moved.members,
            "less": moved.less,
            "more": moved.more,
        }
