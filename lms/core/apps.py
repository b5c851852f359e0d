"""The ground floor: no models, no domain nouns."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "lms.core"
    label = "core"
