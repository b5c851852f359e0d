"""What is required of whom, and who has met it."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from lms.hours.hooks import hours_settled
from lms.members.hooks import members_changed


class GoalsConfig(AppConfig):
    name = "lms.goals"
    label = "goals"
    verbose_name = _("年度目标")

    def ready(self) -> None:
        # The standings need the models, which are there only now.
        from lms.goals import progress, rerated  # noqa: PLC0415
        from lms.hours import rerating  # noqa: PLC0415

        hours_settled.connect(progress.on_hours_settled)
        members_changed.connect(progress.on_members_changed)
        rerating.follow(rerated)
