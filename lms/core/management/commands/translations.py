"""Keep the English catalogue in step with the Chinese source, and the Chinese one of the admin with Wagtail."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from lms.core import catalogue, wagtail_words

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Compare the catalogues with source and packages (--check, exit 1 on a difference), or bring them up to date."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        action = parser.add_mutually_exclusive_group(required=True)
        action.add_argument("--check", action="store_true", help="say what is missing, obsolete, untranslated or stale")
        action.add_argument("--update", action="store_true", help="rewrite the catalogues and compile them")
        parser.add_argument("--json", action="store_true", help="the differences as JSON on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        root = Path(settings.BASE_DIR)
        folder = Path(settings.LOCALE_PATHS[0])
        path = folder / "en/LC_MESSAGES/django.po"
        if options["update"]:
            catalogue.update(root, path)
            wagtail_words.update(folder)
        found = catalogue.drift(root, path)
        of_admin = wagtail_words.drift(folder)
        for kind in fields(found):
            getattr(found, kind.name).extend(getattr(of_admin, kind.name))
        if options["json"]:
            self.stdout.write(json.dumps(asdict(found), ensure_ascii=False))
        else:
            self.report(found)
        if found and options["check"]:
            sys.exit(1)

    def report(self, found: catalogue.Drift) -> None:
        """Each kind of difference with its count and its first lines."""
        for kind, lines in asdict(found).items():
            if lines:
                self.stdout.write(f"{kind}: {len(lines)}")
                self.stdout.writelines(f"  {line}\n" for line in lines[:SHOWN])
        if not found:
            self.stdout.write("the catalogues agree with source and packages")
