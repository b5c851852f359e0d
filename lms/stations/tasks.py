"""Recurring work of the stations."""

from __future__ import annotations

from lms.stations import services


def close_forgotten_viewings() -> None:
    """Every five minutes: end the viewings that an operator left open and settle who saw what."""
    services.close_forgotten()
