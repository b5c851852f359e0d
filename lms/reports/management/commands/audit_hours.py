"""Recompute every hour from its evidence and say what does not agree."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from lms.members.models import Member
from lms.reports import audit

SHOWN = 200


class Command(BaseCommand):
    help = (
        "Recompute everything from evidence: lines, days, standings, roll-ups. "
        "Exit 0 all agrees, 1 something does not, 2 could not run."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--member", metavar="CODE", help="one member only")
        parser.add_argument("--processes", type=int, metavar="N", help="share the work (as many as there are cores)")
        parser.add_argument("--json", action="store_true", help="the report as JSON on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        report = audit.run(self._member(options["member"]), processes=options["processes"])
        if options["json"]:
            self.stdout.write(json.dumps(report.record(), ensure_ascii=False))
        else:
            self._tell(report)
        if report.violations:
            sys.exit(1)

    def _member(self, code: str | None) -> Member | None:
        if code is None:
            return None
        member = Member.objects.filter(code=code).first()
        if member is None:
            raise CommandError(_("没有这个编号的党员：%(code)s") % {"code": code}, returncode=2)
        return member

    def _tell(self, report: audit.Report) -> None:
        for violation in report.violations[:SHOWN]:
            self.stdout.write(f"{violation.check}  {violation.where}  {violation.detail}")
        self.stdout.write(
            _("核对 %(members)s 人、%(entries)s 条学时记录，用时 %(seconds)s 秒，不符 %(wrong)s 处。")
            % {
                "members": report.members,
                "entries": report.entries,
                "seconds": f"{report.seconds:.1f}",
                "wrong": len(report.violations),
            }
        )
