"""The house's settings with nothing but the bare view: same database, same options, no middleware."""

from lms.settings import *  # noqa: F403

MIDDLEWARE: list[str] = []
ROOT_URLCONF = "tests.bench.bare"
