"""The roster as it was known: a version of each member for each change, and when offices became known."""

import django.db.models.deletion
from django.db import migrations, models

import lms.core.clock


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="post",
            name="ended_recorded_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="免职登记时间"),
        ),
        migrations.AddField(
            model_name="post",
            name="recorded_at",
            field=models.DateTimeField(default=lms.core.clock.now, editable=False, verbose_name="登记时间"),
        ),
        migrations.CreateModel(
            name="MemberVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("unit_name", models.CharField(max_length=100, verbose_name="党组织名称")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("active", "正常"),
                            ("stopped", "停止党籍"),
                            ("transferred", "转出"),
                            ("deceased", "去世"),
                            ("expelled", "开除党籍"),
                        ],
                        max_length=12,
                        verbose_name="党籍状态",
                    ),
                ),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("full", "正式党员"),
                            ("probationary", "预备党员"),
                            ("candidate", "发展对象"),
                            ("activist", "入党积极分子"),
                        ],
                        max_length=12,
                        verbose_name="人员类别",
                    ),
                ),
                ("away", models.BooleanField(default=False, verbose_name="是否为流动党员")),
                ("recorded_at", models.DateTimeField(verbose_name="登记时间")),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="members.member",
                        verbose_name="党员",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="members.unit",
                        verbose_name="所在党支部",
                    ),
                ),
            ],
            options={
                "verbose_name": "名册变更",
                "verbose_name_plural": "名册变更",
                "ordering": ["member", "recorded_at", "id"],
                "indexes": [
                    models.Index(fields=["member", "recorded_at"], name="member_version_known"),
                    models.Index(fields=["unit", "recorded_at"], name="member_version_unit_known"),
                ],
            },
        ),
    ]
