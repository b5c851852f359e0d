from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PairsConfig(AppConfig):
    name = "lms.pairs"
    label = "pairs"
    verbose_name = _("结对帮学")

    def ready(self) -> None:
        # Selectors need the models, which are there only now.
        from lms.members import navigation  # noqa: PLC0415
        from lms.pairs import selectors  # noqa: PLC0415

        navigation.own_page(selectors.has_none_at_the_desk)
