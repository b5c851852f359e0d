from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GoalsConfig(AppConfig):
    name = "lms.goals"
    label = "goals"
    verbose_name = _("年度目标")
