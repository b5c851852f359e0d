"""Experts who are accounts or members, sessions that were removed, numbers of trainings, small photographs of bases."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0004_cadre_rank"),
        ("training", "0017_audience"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RemovedSession",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("session_pk", models.PositiveBigIntegerField(unique=True)),
                ("starts_at", models.DateTimeField(verbose_name="开始时间")),
                ("ends_at", models.DateTimeField(verbose_name="结束时间")),
                ("topic", models.CharField(blank=True, max_length=100, verbose_name="内容")),
                ("place", models.CharField(blank=True, max_length=200, verbose_name="地点")),
                ("sequence", models.PositiveIntegerField()),
                ("changed_at", models.DateTimeField(verbose_name="取消时间")),
            ],
            options={
                "verbose_name": "已取消的课次",
                "verbose_name_plural": "已取消的课次",
                "ordering": ["starts_at"],
            },
        ),
        migrations.AddField(
            model_name="base",
            name="is_active",
            field=models.BooleanField(default=True, verbose_name="在用"),
        ),
        migrations.AddField(
            model_name="basephoto",
            name="height",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="basephoto",
            name="small",
            field=models.FileField(blank=True, max_length=200, upload_to="bases/%Y/%m/"),
        ),
        migrations.AddField(
            model_name="basephoto",
            name="width",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="expert",
            name="member",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="experts",
                to="members.member",
                verbose_name="党员",
            ),
        ),
        migrations.AddField(
            model_name="expert",
            name="user",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="experts",
                to=settings.AUTH_USER_MODEL,
                verbose_name="登录账号",
            ),
        ),
        migrations.AddField(
            model_name="training",
            name="number",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="期次"),
        ),
        migrations.AddField(
            model_name="training",
            name="year",
            field=models.PositiveSmallIntegerField(blank=True, editable=False, null=True, verbose_name="年度"),
        ),
        migrations.AlterField(
            model_name="booking",
            name="kind",
            field=models.CharField(
                choices=[("room", "教室"), ("expert", "专家教师"), ("trainer", "负责教师"), ("person", "党员")],
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="training",
            name="kind",
            field=models.CharField(
                choices=[
                    ("class", "培训班"),
                    ("lecture", "报告会"),
                    ("meeting", "三会一课/主题党日"),
                    ("visit", "基地参观"),
                ],
                max_length=10,
                verbose_name="形式",
            ),
        ),
        migrations.AddField(
            model_name="removedsession",
            name="training",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="removed_sessions", to="training.training"
            ),
        ),
        migrations.AddConstraint(
            model_name="removedsession",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="removed_ends_after_start"
            ),
        ),
    ]
