"""The versions so far price hours: they are published. The rows of domain §3 that had no rule get their default."""

import datetime as dt

from django.db import migrations, models
from django.utils import timezone

SINCE = dt.date(2019, 1, 1)
BASIS = "默认折算表"
DEFAULTS = {
    "teaching": {"method": "factor", "unit_minutes": 45, "factor": "5.00"},
    "reading": {"unit_minutes": 60},
    "test": {"method": "fixed", "fixed": "0.50"},
    "home": {"unit_minutes": 60},
}


def publish(apps, schema_editor):
    rule = apps.get_model("hours", "CreditRule")
    now = timezone.now()
    rule.objects.update(state="published", binds_from=models.F("effective_from"), published_at=now)
    for activity, numbers in DEFAULTS.items():
        standing = {"binds_from": SINCE, "published_at": now, "basis": BASIS, **numbers}
        rule.objects.get_or_create(activity=activity, effective_from=SINCE, state="published", defaults=standing)


class Migration(migrations.Migration):
    dependencies = [("hours", "0005_rule_versions")]

    operations = [migrations.RunPython(publish, migrations.RunPython.noop)]
