"""One member's year: every line of the ledger and the progress under each goal line."""

from __future__ import annotations

import datetime as dt
import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from lms.core import clock
from lms.core.templatetags.xiangxue import number
from lms.members.models import Member
from lms.reports import evidence


class Command(BaseCommand):
    help = "One member's entries and progress. Exit 0 good, 2 could not run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", help="the member's code, as M000001")
        parser.add_argument("--year", type=int, required=True)
        parser.add_argument("--as-of", metavar="DATE", type=dt.date.fromisoformat, help="what was known on this day")
        parser.add_argument("--json", action="store_true", help="as JSON on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        member = Member.objects.select_related("unit").filter(code=options["code"]).first()
        if member is None:
            raise CommandError(_("没有这个编号的党员：%(code)s") % {"code": options["code"]}, returncode=2)
        day = options["as_of"]
        record = evidence.record_of(member, options["year"], day if day and day < clock.today() else None)
        if options["json"]:
            self.stdout.write(json.dumps(record, ensure_ascii=False))
        else:
            self._tell(member, record)

    def _tell(self, member: Member, record: dict[str, Any]) -> None:
        self.stdout.write(f"{member.code} {member.name} {member.unit.name} {record['year']}")
        if "as_of" in record:
            self.stdout.write(_("截至 %(day)s 已登记的情况") % {"day": record["as_of"]})
        for line in record["goals"]:
            self.stdout.write(
                _("%(name)s：%(counted)s / %(required)s 学时，集中培训 %(classes)s / %(due)s 次，%(state)s")
                % {
                    "name": line["name"],
                    "counted": number(line["counted"]),
                    "required": number(line["required_hours"]),
                    "classes": line["classes"],
                    "due": line["required_classes"],
                    "state": line["verdict"],
                }
            )
        for entry in record["entries"]:
            self.stdout.write(
                f"{entry['earned_on']}  {entry['hours']:+6.2f}  {entry['mode']:8} {entry['rule']:20} "
                f"{entry['title']}  {entry['source']}"
            )
