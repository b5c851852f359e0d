"""People, places and who may see what."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from lms.core.triggers import install_triggers


class MembersConfig(AppConfig):
    name = "lms.members"
    label = "members"
    verbose_name = _("党员与组织")

    def ready(self) -> None:
        post_migrate.connect(install_triggers, sender=self)
