"""The demo county for the browser, in the data folder of the environment: ``python -m tests.browser.prepare FILM``.

The database there has been migrated. ``pages.json`` names one address of each kind of page. Every lesson gets the one film: rendering the demo's own took most of a minute, and
they have tests of their own.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings")
MEMBERS = 120


def main(film: str) -> None:
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from lms.demo import video

    video.render = lambda job: shutil.copy(film, job.path)
    call_command("setup_demo", members=MEMBERS, json=True)
    from tests.browser import packages, pages

    packages.publish()
    Path(settings.DATA_DIR, "pages.json").write_text(json.dumps(pages.addresses()))


if __name__ == "__main__":
    main(sys.argv[1])
