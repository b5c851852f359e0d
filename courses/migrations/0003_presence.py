import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FIRST_INTERVAL_MS = 810_000


def let_open_sessions_ask(apps, _editor):
    """Sessions that run while the site is brought up to date get their first interval."""
    sessions = apps.get_model("courses", "PlaySession").objects
    sessions.filter(member__isnull=False, ended_ms__isnull=True).update(presence_left_ms=FIRST_INTERVAL_MS)


class Migration(migrations.Migration):
    dependencies = [
        ("courses", "0002_links"),
        ("members", "0004_cadre_rank"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PresenceCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_ms", models.BigIntegerField()),
                ("answered_ms", models.BigIntegerField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "在场确认",
                "verbose_name_plural": "在场确认",
            },
        ),
        migrations.CreateModel(
            name="WatchFlag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("too-fast", "报送的时长超过实际时间"),
                            ("offline", "断网期间的学习，恢复后补交"),
                            ("restarts", "短时间内反复重新打开"),
                            ("unanswered", "没有确认在场仍继续报送"),
                            ("machine", "在场确认的间隔过于规律"),
                        ],
                        max_length=12,
                        verbose_name="情况",
                    ),
                ),
                ("times", models.PositiveIntegerField(default=1, verbose_name="次数")),
                ("milliseconds", models.PositiveBigIntegerField(default=0, verbose_name="涉及时长（毫秒）")),
                ("first_at", models.DateTimeField(verbose_name="首次出现")),
                ("last_at", models.DateTimeField(verbose_name="最近出现")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "待核实"),
                            ("cleared", "无异常"),
                            ("voided", "已核减"),
                            ("appealed", "已申诉"),
                        ],
                        default="open",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="核实时间")),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="核实意见")),
                ("appeal", models.TextField(blank=True, max_length=500, verbose_name="申诉理由")),
            ],
            options={
                "verbose_name": "学习异常",
                "verbose_name_plural": "学习异常",
                "ordering": ["-last_at", "-pk"],
            },
        ),
        migrations.AddField(
            model_name="playsession",
            name="presence_left_ms",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="playsession",
            name="refused_ms",
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="playsession",
            name="voided_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunPython(let_open_sessions_ask, migrations.RunPython.noop, elidable=True),
        migrations.AddConstraint(
            model_name="playsession",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("member__isnull", True),
                    ("ended_ms__isnull", False),
                    ("presence_left_ms__isnull", False),
                    _connector="OR",
                ),
                name="play_session_own_one_asks",
            ),
        ),
        migrations.AddField(
            model_name="presencecheck",
            name="session",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="presence_checks", to="courses.playsession"
            ),
        ),
        migrations.AddField(
            model_name="watchflag",
            name="decided_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="核实人",
            ),
        ),
        migrations.AddField(
            model_name="watchflag",
            name="member",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="watch_flags",
                to="members.member",
                verbose_name="党员",
            ),
        ),
        migrations.AddField(
            model_name="watchflag",
            name="session",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="flags", to="courses.playsession"
            ),
        ),
        migrations.AddConstraint(
            model_name="presencecheck",
            constraint=models.UniqueConstraint(
                condition=models.Q(("answered_ms__isnull", True)), fields=("session",), name="presence_check_one_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="presencecheck",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("answered_ms__isnull", True), ("answered_ms__gte", models.F("asked_ms")), _connector="OR"
                ),
                name="presence_check_answered_after",
            ),
        ),
        migrations.AddIndex(
            model_name="watchflag",
            index=models.Index(fields=["state", "-last_at"], name="watch_flag_state"),
        ),
        migrations.AddConstraint(
            model_name="watchflag",
            constraint=models.UniqueConstraint(fields=("session", "kind"), name="watch_flag_once"),
        ),
        migrations.AddConstraint(
            model_name="watchflag",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "voided"), _negated=True),
                    models.Q(("reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="watch_flag_voided_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="watchflag",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "appealed"), _negated=True),
                    models.Q(("appeal", ""), _negated=True),
                    _connector="OR",
                ),
                name="watch_flag_appeal_says_why",
            ),
        ),
    ]
