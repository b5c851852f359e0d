"""Trainings get the number that they had by counting; points that lie nowhere are taken back."""

from django.db import migrations
from django.db.models import Min, Q
from django.utils import timezone


def number(apps, schema_editor):
    """By unit, kind and year of the first session, in that order."""
    Training = apps.get_model("training", "Training")
    held = Training.objects.annotate(first=Min("sessions__starts_at")).filter(first__isnull=False)
    counted, rows = {}, []
    for training in held.order_by("first", "pk").iterator():
        training.year = timezone.localtime(training.first).year
        if training.state != "cancelled":
            key = (training.unit_id, training.kind, training.year)
            training.number = counted[key] = counted.get(key, 0) + 1
        rows.append(training)
    Training.objects.bulk_update(rows, ["year", "number"], batch_size=500)


def take_back(apps, schema_editor):
    nowhere = Q(lat__lt=-90) | Q(lat__gt=90) | Q(lng__lt=-180) | Q(lng__gt=180)
    apps.get_model("training", "Base").objects.filter(nowhere).update(lat=None, lng=None)


class Migration(migrations.Migration):
    dependencies = [("training", "0018_persons_and_numbers")]

    operations = [
        migrations.RunPython(number, migrations.RunPython.noop),
        migrations.RunPython(take_back, migrations.RunPython.noop),
    ]
