"""The first command of a real site: the county, its first administrator, the goals of the year."""

from __future__ import annotations

import secrets
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from lms.core import clock
from lms.goals.services import open_year
from lms.members.accounts import create_login, grant_role
from lms.members.models import RoleGrant, Unit


class Command(BaseCommand):
    help = (
        "Make the county, its first administrator (with a first password that must be changed) and this year's goals."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="name of the county's committee, as reports print it")
        parser.add_argument("--code", default="C", help="its code (default: C)")
        parser.add_argument("--admin", default="county", help="user name of the first administrator (default: county)")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if Unit.objects.exists():
            raise CommandError("the database has a county already", returncode=2)
        county = Unit.add_root(code=options["code"], name=options["name"], kind=Unit.Kind.COUNTY)
        password = secrets.token_urlsafe(9)
        admin = create_login(username=options["admin"], password=password, by=None, name=options["admin"])
        grant_role(user=admin, role=RoleGrant.Role.COUNTY_ADMIN, unit=county, by=None)
        open_year(year=clock.year_of(clock.today()), by=None)
        self.stdout.write(f"{options['admin']}  {password}")
