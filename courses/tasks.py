"""Recurring work on watching."""

from __future__ import annotations

from courses import services


def end_forgotten_sessions() -> None:
    """Every ten minutes: settle what a player that vanished had earned."""
    services.end_forgotten()
