from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from lms.core.triggers import install_triggers


class ReportsConfig(AppConfig):
    name = "lms.reports"
    label = "reports"
    verbose_name = _("报表")

    def ready(self) -> None:
        # Both need the models, which are there only now.
        from lms.goals import prospects  # noqa: PLC0415
        from lms.reports import gains  # noqa: PLC0415
        from lms.training import hooks  # noqa: PLC0415

        post_migrate.connect(install_triggers, sender=self)
        hooks.needs_of.connect(gains.needs)
        hooks.lacking.connect(prospects.lacking)
