"""The waist of the house: the ledger of hours."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from lms.core.triggers import install_triggers


class HoursConfig(AppConfig):
    name = "lms.hours"
    label = "hours"
    verbose_name = _("学时台账")

    def ready(self) -> None:
        # The guard needs the models, which are there only now.
        from lms.hours.guards import install_rule_guard  # noqa: PLC0415

        post_migrate.connect(install_triggers, sender=self)
        post_migrate.connect(install_rule_guard, sender=self)
