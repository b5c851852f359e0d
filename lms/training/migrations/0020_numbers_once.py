"""A number is held once in a year; a base lies on earth."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("training", "0019_fill_numbers")]

    operations = [
        migrations.AddConstraint(
            model_name="base",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("lat__isnull", True), ("lng__isnull", True)),
                    models.Q(("lat__gte", -90), ("lat__lte", 90), ("lng__gte", -180), ("lng__lte", 180)),
                    _connector="OR",
                ),
                name="base_lies_on_earth",
            ),
        ),
        migrations.AddConstraint(
            model_name="training",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("number__isnull", True), models.Q(("number__gt", 0), ("year__isnull", False)), _connector="OR"
                ),
                name="training_number_of_a_year",
            ),
        ),
        migrations.AddConstraint(
            model_name="training",
            constraint=models.UniqueConstraint(
                condition=models.Q(("number__isnull", False), models.Q(("state", "cancelled"), _negated=True)),
                fields=("unit", "kind", "year", "number"),
                name="training_number_once",
            ),
        ),
    ]
