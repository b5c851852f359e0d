from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StationsConfig(AppConfig):
    name = "lms.stations"
    label = "stations"
    verbose_name = _("站点")

    def ready(self) -> None:
        # The previews need the models, which are there only now.
        from courses.previews import on_television  # noqa: PLC0415
        from lms.stations import previews  # noqa: PLC0415

        on_television("courses.LessonPage", "stations/preview_lesson.html", previews.lesson)
        on_television("courses.CoursePage", "stations/preview_course.html", previews.course)
