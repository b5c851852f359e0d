"""A resource is never taken twice at a time: PostgreSQL enforces it; trainers of what is ahead are booked from the start."""

from django.db import migrations
from django.utils import timezone

CONSTRAINT = """
ALTER TABLE training_booking ADD CONSTRAINT booking_never_twice
EXCLUDE USING gist (kind WITH =, resource_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
"""


def exclude(apps, schema_editor):
    """SQLite has no exclusion constraint: there one writer at a time looks before it books."""
    if schema_editor.connection.vendor == "postgresql":
        # Trusted since PostgreSQL 13: the owner of the database may create it.
        schema_editor.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        schema_editor.execute(CONSTRAINT)


def admit(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE training_booking DROP CONSTRAINT booking_never_twice")


def book_trainers(apps, schema_editor):
    """Sessions ahead take their trainer; of two that overlap already the earlier keeps him."""
    Session = apps.get_model("training", "TrainingSession")
    Booking = apps.get_model("training", "Booking")
    ahead = Session.objects.filter(
        ends_at__gt=timezone.now(), training__state="open", training__trainer__isnull=False
    ).select_related("training")
    free_from, rows = {}, []
    for session in ahead.order_by("starts_at", "pk"):
        trainer = session.training.trainer_id
        if trainer in free_from and free_from[trainer] > session.starts_at:
            continue
        free_from[trainer] = session.ends_at
        times = {"starts_at": session.starts_at, "ends_at": session.ends_at}
        rows.append(Booking(session=session, kind="trainer", resource_id=trainer, **times))
    Booking.objects.bulk_create(rows, batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("training", "0005_planning")]

    operations = [
        migrations.RunPython(book_trainers, migrations.RunPython.noop),
        migrations.RunPython(exclude, admit),
    ]
