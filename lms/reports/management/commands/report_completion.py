"""The completion of a unit's children, as of now or as it was known on a day, on the screen or in a file."""

from __future__ import annotations

import datetime as dt
import json
import sys
from argparse import ArgumentParser
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from lms.core.tables import FORMATS, table_bytes
from lms.goals import selectors
from lms.members.models import Unit
from lms.reports import boards, rollup


class Command(BaseCommand):
    help = "Completion by child unit: members, exempt, assessed, met, rate. Exit 0 good, 2 could not run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--unit", metavar="CODE", required=True, help="the unit whose children are reported")
        parser.add_argument("--year", type=int, required=True)
        parser.add_argument("--as-of", metavar="DATE", type=dt.date.fromisoformat, help="what was known on this day")
        parser.add_argument("--format", choices=sorted(FORMATS), default="json")
        parser.add_argument("--out", type=Path, metavar="FILE", help="write there instead of the screen")
        parser.add_argument("--json", action="store_true", help="the same as --format json")

    def handle(self, *args: Any, **options: Any) -> None:
        unit = Unit.objects.filter(code=options["unit"]).first()
        if unit is None:
            raise CommandError(_("没有这个党组织：%(code)s") % {"code": options["unit"]}, returncode=2)
        if selectors.policy_of(options["year"]) is None:
            raise CommandError(_("%(year)s 年没有已发布的目标") % {"year": options["year"]}, returncode=2)
        report = boards.completion(unit, options["year"], options["as_of"])
        data = _bytes(report, "json" if options["json"] else options["format"])
        if options["out"] is None:
            sys.stdout.buffer.write(data)
            sys.stdout.flush()
            return
        try:
            options["out"].write_bytes(data)
        except OSError as error:
            raise CommandError(f"{options['out']}: {error.strerror}", returncode=2) from error


def _bytes(report: rollup.Completion, format: str) -> bytes:
    if format == "json":
        return (json.dumps(report.as_dict(), ensure_ascii=False, default=_number) + "\n").encode()
    return table_bytes(boards.columns(report), boards.table(report), format, sheet=f"{report.unit.label} {report.year}")


def _number(value: Any) -> float:
    """学时 and shares as numbers."""
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"no JSON for {value!r}")
