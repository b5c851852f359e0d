from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from lms.core.triggers import install_triggers


class ReportsConfig(AppConfig):
    name = "lms.reports"
    label = "reports"
    verbose_name = _("报表")

    def ready(self) -> None:
        post_migrate.connect(install_triggers, sender=self)
