"""Recurring work on watching and on the media library."""

from __future__ import annotations

from courses import packages, services, study, uploads


def end_forgotten_sessions() -> None:
    """Every ten minutes: settle what a player that vanished had earned."""
    services.end_forgotten()


def unpack_package(package_id: int) -> None:
    """Unpack an uploaded SCORM package."""
    packages.unpack(package_id=package_id)


def unpack_forgotten() -> None:
    """Every five minutes: unpack what a crash left waiting."""
    for package in packages.forgotten():
        packages.unpack(package_id=package.pk)


def forget_old_uploads() -> None:
    """Once a day: throw away what nobody has gone on uploading for a week."""
    uploads.forget_old()


def remind_of_due_courses() -> None:
    """Once a day: tell who has not studied what is due in a few days. Told once, however often it runs."""
    study.remind()
