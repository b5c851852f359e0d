"""What a closed standing asked of its person, by the names of a standing; deadlines and minima too."""

from __future__ import annotations

from django.db import migrations, models

import lms.core.hours


class Migration(migrations.Migration):
    dependencies = [("reports", "0003_year_closing")]

    operations = [
        migrations.RenameField("closedstanding", "required_hours", "required"),
        migrations.AlterField(
            "closedstanding",
            "required",
            lms.core.hours.HoursField(help_text="本人应修，已按任职和免考核月份折算", verbose_name="应修学时"),
        ),
        migrations.AddField(
            "closedstanding", "due_on", models.DateField(blank=True, null=True, verbose_name="截止日期")
        ),
        migrations.AddField(
            "closedstanding", "shortfalls", models.JSONField(default=dict, verbose_name="最低要求的差额")
        ),
    ]
