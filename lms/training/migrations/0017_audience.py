"""Whom a training is for, and why somebody outside has a seat all the same."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0005_industry"),
        ("training", "0016_leaves_and_rides"),
    ]

    operations = [
        migrations.AddField(
            model_name="enrolment",
            name="outside_reason",
            field=models.CharField(
                blank=True, help_text="由组织培训的人写明", max_length=200, verbose_name="不在面向范围仍报名的理由"
            ),
        ),
        migrations.CreateModel(
            name="Audience",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("settings", models.JSONField(blank=True, default=list, verbose_name="所在领域")),
                ("offices", models.JSONField(blank=True, default=list, verbose_name="党内职务")),
                ("categories", models.JSONField(blank=True, default=list, verbose_name="人员类别")),
                ("ranks", models.JSONField(blank=True, default=list, verbose_name="干部职级")),
                ("industries", models.JSONField(blank=True, default=list, verbose_name="从事产业")),
                (
                    "away",
                    models.CharField(
                        blank=True,
                        choices=[("", "不限"), ("away", "只面向流动党员"), ("home", "不含流动党员")],
                        max_length=4,
                        verbose_name="流动党员",
                    ),
                ),
                (
                    "gap",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "不限"),
                            ("hours", "今年学时还没修满的"),
                            ("class", "今年还缺集中培训的"),
                            ("either", "今年还没达标的"),
                        ],
                        max_length=6,
                        verbose_name="达标情况",
                    ),
                ),
                (
                    "training",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="audience", to="training.training"
                    ),
                ),
                (
                    "units",
                    models.ManyToManyField(blank=True, related_name="+", to="members.unit", verbose_name="党组织"),
                ),
            ],
            options={
                "verbose_name": "面向范围",
                "verbose_name_plural": "面向范围",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("away__in", ["", "away", "home"])), name="audience_away_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("gap__in", ["", "hours", "class", "either"])), name="audience_gap_known"
                    ),
                ],
            },
        ),
    ]
