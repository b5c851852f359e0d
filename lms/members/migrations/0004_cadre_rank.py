"""The rank of cadres; versions of a member keep all that decides which goals bind him."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

TABLE = "members_memberversion"


def fill(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Earlier versions take the dates of today's row. The append-only trigger steps aside; ``migrate`` puts it back at its end."""
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {TABLE}_no_update")
    else:
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {TABLE}_append_only ON {TABLE}")
    member = apps.get_model("members", "Member").objects.filter(pk=models.OuterRef("member_id"))
    apps.get_model("members", "MemberVersion").objects.update(
        joined_on=models.Subquery(member.values("joined_on")),
        confirmed_on=models.Subquery(member.values("confirmed_on")),
    )


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0003_first_versions"),
    ]

    operations = [
        migrations.AddField(
            model_name="member",
            name="cadre_rank",
            field=models.CharField(
                blank=True,
                choices=[("township", "乡科级及以下"), ("county", "县处级")],
                max_length=10,
                verbose_name="干部职级",
            ),
        ),
        migrations.AddField(
            model_name="memberversion",
            name="cadre_rank",
            field=models.CharField(
                blank=True,
                choices=[("township", "乡科级及以下"), ("county", "县处级")],
                max_length=10,
                verbose_name="干部职级",
            ),
        ),
        migrations.AddField(
            model_name="memberversion",
            name="confirmed_on",
            field=models.DateField(blank=True, null=True, verbose_name="转为正式党员日期"),
        ),
        migrations.AddField(
            model_name="memberversion",
            name="joined_on",
            field=models.DateField(blank=True, null=True, verbose_name="加入党组织日期"),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
