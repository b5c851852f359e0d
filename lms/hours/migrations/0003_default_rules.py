"""The county's default table of 学时 (domain §3), in force until the county sets versions of its own."""

import datetime as dt

from django.db import migrations

SINCE = dt.date(2019, 1, 1)
BASIS = "默认折算表"
DEFAULTS = {
    "class": {"unit_minutes": 45, "step": "0.50"},
    "lecture": {"unit_minutes": 60, "step": "0.50"},
    "meeting": {"unit_minutes": 60, "step": "0.50"},
    "visit": {"unit_minutes": 60, "step": "0.50"},
    "group": {"unit_minutes": 60, "step": "0.50"},
    "online": {"unit_minutes": 60, "step": "0.25"},
}


def create(apps, schema_editor):
    rule = apps.get_model("hours", "CreditRule")
    for activity, numbers in DEFAULTS.items():
        rule.objects.get_or_create(activity=activity, effective_from=SINCE, defaults={"basis": BASIS, **numbers})


class Migration(migrations.Migration):
    dependencies = [("hours", "0002_constraints")]

    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
