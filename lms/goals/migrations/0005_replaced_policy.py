"""A published policy can be replaced by another as a whole."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("goals", "0004_exemption_known_since"),
    ]

    operations = [
        migrations.AlterField(
            model_name="goalpolicy",
            name="state",
            field=models.CharField(
                choices=[("draft", "草稿"), ("published", "已发布"), ("replaced", "已被替代")],
                default="draft",
                max_length=10,
                verbose_name="状态",
            ),
        ),
    ]
