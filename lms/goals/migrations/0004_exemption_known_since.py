"""When an exemption became known is the house's own time, as everywhere."""

from django.db import migrations, models

import lms.core.clock


class Migration(migrations.Migration):
    dependencies = [
        ("goals", "0003_lines_for_every_audience"),
    ]

    operations = [
        migrations.AlterField(
            model_name="exemption",
            name="approved_at",
            field=models.DateTimeField(default=lms.core.clock.now, editable=False),
        ),
    ]
