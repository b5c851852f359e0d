"""Import a roster from the command line: plan, then apply."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from lms.exchange import messages, services
from lms.exchange.models import ImportRun
from lms.exchange.sandbox import FileProblem
from lms.exchange.services import Progress
from lms.members.models import Unit

BAR = 30


def bar(title: str) -> Progress:
    """A progress bar on stderr: redrawn in place on a terminal, a line for each tenth elsewhere."""
    shown = [-1]

    def show(done: int, total: int) -> None:
        percent = done * 100 // max(total, 1)
        if sys.stderr.isatty():
            filled = percent * BAR // 100
            sys.stderr.write(f"\r{title} [{'#' * filled}{'.' * (BAR - filled)}] {done}/{total}")
            sys.stderr.write("\n" if done >= total else "")
        elif percent // 10 > shown[0]:
            sys.stderr.write(f"{title} {percent}% {done}/{total}\n")
        shown[0] = percent // 10
        sys.stderr.flush()

    return show


class Command(BaseCommand):
    help = "Import a roster (.xlsx, .xls, .csv): plan, then apply. Exit 0 good, 1 errors and nothing applied, 2 could not run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--unit", metavar="CODE", help="import into this unit and below it (default: the county)")
        parser.add_argument("--dry-run", action="store_true", help="plan only")
        parser.add_argument("--skip-errors", action="store_true", help="apply the rows that are good")
        parser.add_argument("--json", action="store_true", help="figures and errors as JSON on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        run = self._planned(options["file"], self._unit(options["unit"]))
        blocked = bool(run.errors) and not options["skip_errors"]
        failed = run.state == ImportRun.State.FAILED
        if not (options["dry_run"] or blocked or failed):
            run = services.confirm(run=run, skip_errors=options["skip_errors"], by=None)
            run = services.apply(run=run, progress=bar(_("导入")))
        found = services.figures(run)
        self._report(run, found, as_json=options["json"])
        if failed:
            sys.exit(1 if found["errors"][0]["code"] in services.CONTENT_PROBLEMS else 2)
        if blocked:
            sys.exit(1)

    def _unit(self, code: str | None) -> Unit:
        unit = Unit.objects.filter(code=code).first() if code else Unit.get_first_root_node()
        if unit is None:
            raise CommandError(_("没有这个党组织：%(code)s") % {"code": code or "–"}, returncode=2)
        return unit

    def _planned(self, path: Path, unit: Unit) -> ImportRun:
        try:
            run = services.upload(data=path.read_bytes(), file_name=path.name, unit=unit, by=None)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}", returncode=2) from error
        except FileProblem as error:
            raise CommandError(messages.of_file(error.code, error.params), returncode=2) from error
        return services.make_plan(run=run, progress=bar(_("检查")))

    def _report(self, run: ImportRun, found: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(found, ensure_ascii=False))
            return
        for error in found["errors"]:
            self.stdout.write(_("第 %(row)s 行 %(column)s：%(message)s [%(code)s]") % error)
        self.stdout.write(
            _("新增 %(create)s，更新 %(update)s，无变化 %(unchanged)s，有错误 %(wrong)s 行")
            % {**found, "wrong": run.errors}
        )
        self.stdout.write(_("已导入。") if found["applied"] else _("没有写入任何内容。"))
