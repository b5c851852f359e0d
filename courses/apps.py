from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoursesConfig(AppConfig):
    name = "courses"
    verbose_name = _("课程")

    def ready(self) -> None:
        # Evidence and selectors need the models, which are there only now.
        from courses import selectors  # noqa: PLC0415
        from lms.hours import evidence  # noqa: PLC0415

        evidence.register(selectors.credits, "courses.watch:", "stations.viewing:")
