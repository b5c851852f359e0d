"""The demo county: content and people that we made up, filled in through the services of the other rooms."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "lms.demo"
    label = "demo"
