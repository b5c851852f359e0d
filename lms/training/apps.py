from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TrainingConfig(AppConfig):
    name = "lms.training"
    label = "training"
    verbose_name = _("培训")

    def ready(self) -> None:
        # Evidence and selectors need the models, which are there only now.
        from lms.hours import evidence  # noqa: PLC0415
        from lms.training import selectors  # noqa: PLC0415

        evidence.register(selectors.credits, "training.attendance:", "training.makeup:", "training.claim:")
