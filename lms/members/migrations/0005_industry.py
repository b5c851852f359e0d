"""What a member mainly lives by; versions of a member keep it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0004_cadre_rank"),
    ]

    operations = [
        migrations.AddField(
            model_name="member",
            name="industry",
            field=models.CharField(
                blank=True, default="", help_text="主要的一项，例如：葡萄、蚕桑", max_length=40, verbose_name="从事产业"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="memberversion",
            name="industry",
            field=models.CharField(blank=True, default="", max_length=40, verbose_name="从事产业"),
            preserve_default=False,
        ),
    ]
