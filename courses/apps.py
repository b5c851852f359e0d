from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from lms.core.triggers import install_triggers


class CoursesConfig(AppConfig):
    name = "courses"
    verbose_name = _("课程")

    def ready(self) -> None:
        # Evidence and selectors need the models, which are there only now.
        from courses import flag_selectors, quiz_selectors, selectors  # noqa: PLC0415
        from lms.hours import evidence  # noqa: PLC0415
        from lms.members import navigation  # noqa: PLC0415

        evidence.register(selectors.credits, "courses.watch:", "courses.reading:", "stations.viewing:")
        evidence.register(quiz_selectors.credits, "courses.test:")
        navigation.count("watch-flags", flag_selectors.waiting_for)
        post_migrate.connect(install_triggers, sender=self)
