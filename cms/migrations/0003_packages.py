"""Editors and county administrators take in SCORM packages."""

from django.db import migrations

from cms.access import grant_models


class Migration(migrations.Migration):
    dependencies = [
        ("cms", "0002_site"),
        ("courses", "0004_packages"),
    ]

    operations = [migrations.RunPython(grant_models, migrations.RunPython.noop)]
