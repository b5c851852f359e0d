"""Seal the ledger's finished days and tell the head of the chain; or check an earlier head."""

from __future__ import annotations

import datetime as dt
import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from lms.hours import seals


class Command(BaseCommand):
    help = (
        "Seal the days that are over and print the head of the chain, to be kept outside this house; "
        "--verify checks a head that was kept. Exit 0 good, 1 the ledger is not what it was, 2 could not run."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--verify", metavar="HEAD", help="an earlier head: DAY:DIGEST, or at least 16 digits of it")
        what.add_argument("--lines", metavar="DAY", type=dt.date.fromisoformat, help="the sealed bytes of a day")
        parser.add_argument("--json", action="store_true", help="the answer as JSON on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verify"] is not None:
            self._verify(options["verify"], as_json=options["json"])
        elif options["lines"] is not None:
            self._lines(options["lines"])
        else:
            self._head(as_json=options["json"])

    def _head(self, *, as_json: bool) -> None:
        seals.seal_finished_days()
        head = seals.head_record()
        if as_json:
            self.stdout.write(json.dumps(head, ensure_ascii=False))
        elif head["digest"]:
            told = {"day": head["day"], "lines": head["lines"], "digest": head["digest"], "short": head["short"]}
            self.stdout.write(_("台账封存至 %(day)s，共 %(lines)s 条。") % told)
            self.stdout.write(f"{head['day']}:{head['digest']}")
            self.stdout.write(_("短码：%(short)s") % told)
        else:
            self.stdout.write(_("还没有可封存的学时记录。"))

    def _verify(self, text: str, *, as_json: bool) -> None:
        try:
            found = seals.verify(text)
        except ValueError as error:
            raise CommandError(_("不是校验码：%(text)s") % {"text": text}, returncode=2) from error
        if as_json:
            violations = [{"check": one.check, "where": one.where, "detail": one.detail} for one in found]
            self.stdout.write(json.dumps({"verified": not found, "violations": violations}, ensure_ascii=False))
        else:
            for one in found:
                self.stdout.write(f"{one.check}  {one.where}  {one.detail}")
            self.stdout.write(_("台账与该校验码不符。") if found else _("台账与该校验码相符。"))
        if found:
            sys.exit(1)

    def _lines(self, day: dt.date) -> None:
        link = next((one for one in seals.links() if one.day == day), None)
        if link is None:
            raise CommandError(_("这一天没有封存：%(day)s") % {"day": day}, returncode=2)
        self.stdout.write(seals.text_of(seals.rows_between(link.after_id, link.last_id)), ending="")
