"""The rights of editors and county begin at the site's home: the admin's tree starts there, not at a root without a page."""

from django.db import migrations

from cms.access import COUNTY, EDITORS


def move(apps, depth, target):
    """Rights held at pages of this depth are held at the target instead; one that is there already is not doubled."""
    rights = apps.get_model("wagtailcore", "GroupPagePermission").objects
    for right in rights.filter(group__name__in=[EDITORS, COUNTY], page__depth=depth).exclude(page=target):
        rights.get_or_create(group=right.group, page=target, permission=right.permission)
        right.delete()


def to_home(apps, _editor):
    home = apps.get_model("cms", "HomePage").objects.order_by("path").first()
    if home is not None:
        move(apps, 1, apps.get_model("wagtailcore", "Page").objects.get(pk=home.pk))


def to_root(apps, _editor):
    move(apps, 2, apps.get_model("wagtailcore", "Page").objects.get(depth=1))


class Migration(migrations.Migration):
    dependencies = [
        ("cms", "0005_library"),
    ]

    operations = [
        migrations.RunPython(to_home, to_root),
    ]
