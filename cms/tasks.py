"""Recurring work on pages."""

from __future__ import annotations

from django.core.management import call_command


def publish_scheduled() -> None:
    """Every five minutes: publish and take down the pages whose hour has come."""
    call_command("publish_scheduled", verbosity=0)
