"""Goals as data: lines for every audience, and standings that say what the person himself owes."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import lms.core.hours


def fill(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Lines so far were one an audience; what they asked, everybody owed whole."""
    apps.get_model("goals", "GoalLine").objects.update(key=models.F("audience"))
    apps.get_model("goals", "GoalLine").objects.filter(audience="leaders").update(position=1)
    Standing = apps.get_model("goals", "Standing")
    for line in apps.get_model("goals", "GoalLine").objects.all():
        rows = Standing.objects.filter(line_id=line.pk)
        rows.update(required=line.required_hours, required_classes=line.required_classes)


class Migration(migrations.Migration):
    dependencies = [
        ("goals", "0002_links"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="goalline",
            name="goal_line_once_per_audience",
        ),
        migrations.RemoveConstraint(
            model_name="goalline",
            name="goal_line_requires_hours",
        ),
        migrations.AddField(
            model_name="goalline",
            name="category_minima",
            field=models.JSONField(
                blank=True, default=dict, help_text='例如 {"discipline": "4"}', verbose_name="内容类别最低学时"
            ),
        ),
        migrations.AddField(
            model_name="goalline",
            name="deadline_months",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="期限（月）"),
        ),
        migrations.AddField(
            model_name="goalline",
            name="event",
            field=models.CharField(
                blank=True,
                choices=[("office", "任职"), ("joined", "加入党组织"), ("confirmed", "转为正式党员")],
                max_length=10,
                verbose_name="起算事项",
            ),
        ),
        migrations.AddField(
            model_name="goalline",
            name="exempt_by_month",
            field=models.BooleanField(default=True, verbose_name="已结束的免考核按整月折减"),
        ),
        migrations.AddField(
            model_name="goalline",
            name="key",
            field=models.SlugField(default="", max_length=40, verbose_name="代号"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="goalline",
            name="position",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="顺序"),
        ),
        migrations.AlterModelOptions(
            name="goalline",
            options={
                "ordering": ["policy", "position", "id"],
                "verbose_name": "目标项",
                "verbose_name_plural": "目标项",
            },
        ),
        migrations.AddField(
            model_name="goalline",
            name="mode_caps",
            field=models.JSONField(
                blank=True, default=dict, help_text='例如 {"visit": 30}', verbose_name="其他学习形式上限（百分比）"
            ),
        ),
        migrations.AddField(
            model_name="goalline",
            name="mode_minima",
            field=models.JSONField(blank=True, default=dict, verbose_name="学习形式最低学时"),
        ),
        migrations.AddField(
            model_name="goalline",
            name="modes",
            field=models.JSONField(
                blank=True, default=list, help_text="不选表示全部计入", verbose_name="只计入的学习形式"
            ),
        ),
        migrations.AddField(
            model_name="goalline",
            name="period",
            field=models.CharField(
                choices=[
                    ("year", "自然年度"),
                    ("once", "一次性"),
                    ("five-years", "五年累计"),
                    ("deadline", "事项发生后限期完成"),
                ],
                default="year",
                max_length=10,
                verbose_name="计算期间",
            ),
        ),
        migrations.AddField(
            model_name="goalline",
            name="role_rule",
            field=models.CharField(
                choices=[
                    ("max", "年内任过职即按全年要求"),
                    ("months", "按任职月数折算"),
                    ("last-day", "以年末身份为准"),
                ],
                default="last-day",
                max_length=10,
                verbose_name="年内任职变动",
            ),
        ),
        migrations.AddField(
            model_name="standing",
            name="due_on",
            field=models.DateField(blank=True, null=True, verbose_name="截止日期"),
        ),
        migrations.AddField(
            model_name="standing",
            name="required",
            field=lms.core.hours.HoursField(
                default=0, help_text="本人应修，已按任职和免考核月份折算", verbose_name="应修学时"
            ),
        ),
        migrations.AddField(
            model_name="standing",
            name="required_classes",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="应参加集中培训次数"),
        ),
        migrations.AddField(
            model_name="standing",
            name="shortfalls",
            field=models.JSONField(
                default=dict,
                help_text='{"category:skills": "2.00"}：rules.Progress.shortfalls',
                verbose_name="最低要求的差额",
            ),
        ),
        migrations.AlterField(
            model_name="goalline",
            name="audience",
            field=models.CharField(
                choices=[
                    ("members", "全体党员"),
                    ("leaders", "支部书记和班子成员"),
                    ("secretaries", "党组织书记"),
                    ("probationary", "预备党员"),
                    ("confirmed", "转正党员"),
                    ("candidates", "发展对象"),
                    ("cadres-township", "乡科级及以下干部"),
                    ("cadres-county", "县处级干部"),
                    ("cadres", "全体干部"),
                ],
                max_length=16,
                verbose_name="对象",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="goalline",
            constraint=models.UniqueConstraint(fields=("policy", "key"), name="goal_line_key_once"),
        ),
        migrations.AddConstraint(
            model_name="goalline",
            constraint=models.UniqueConstraint(
                condition=models.Q(("audience__in", ["members", "leaders"])),
                fields=("policy", "audience"),
                name="goal_line_board_audience_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="goalline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("audience__in", ["members", "leaders"]), _negated=True),
                    models.Q(("key", models.F("audience")), ("period", "year")),
                    _connector="OR",
                ),
                name="goal_line_board_key_is_audience",
            ),
        ),
        migrations.AddConstraint(
            model_name="goalline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("required_hours__gt", 0),
                    models.Q(("required_classes__gt", 0), ("required_hours", 0)),
                    _connector="OR",
                ),
                name="goal_line_asks_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="goalline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("deadline_months__gt", 0), ("period", "deadline"), models.Q(("event", ""), _negated=True)
                    ),
                    models.Q(models.Q(("period", "deadline"), _negated=True), ("deadline_months", 0), ("event", "")),
                    _connector="OR",
                ),
                name="goal_line_deadline_has_event",
            ),
        ),
    ]
