"""A course of SCORM packages in the prepared county: one lesson for each shape, unpacked as the worker would have."""

from __future__ import annotations

from django.core.files.base import ContentFile

from courses import packages
from courses.models import CourseIndexPage, CoursePage, LessonPage, ScormPackage
from tests.courses import scorm_packages as made

SLUG = "scorm"
SHAPES = {
    "single": made.single12().zip(),
    "multi": made.multi12().zip(),
    "frames": made.frames12().zip(),
    "third": made.basic2004("2004 3rd Edition").zip(),
    "fourth": made.basic2004("2004 4th Edition").zip(),
    "above": made.Package(made.single12().files, above="课件/").zip(),
    "single-site": made.single12().zip(),
    "above-site": made.Package(made.single12().files, above="课件/").zip(),
    "bare-site": made.without_organisation().zip(),
    "bare": made.without_organisation().zip(),
    "gbk": made.gbk_names().zip(),
    "gbk-site": made.gbk_names().zip(),
    "thief": made.thief12().zip(),
    "frameset": made.of_files(made.FRAMESET).zip(),
    "beside": made.of_files(made.BESIDE).zip(),
    "two-words": made.of_files(made.TWO_WORDS).zip(),
    "top": made.of_files(made.TOP).zip(),
    "opener": made.of_files(made.OPENER).zip(),
    "below": made.of_files(made.BELOW).zip(),
    "calls": made.quiet("1.2").zip(),
    "early": made.quiet("1.2").zip(),
    "arrays": made.quiet("2004").zip(),
    "long": made.quiet("2004").zip(),
    "refused": made.quiet("2004").zip(),
    # What a part has kept is there for the next test: who begins one anew has a lesson of his own.
    "console": made.single12().zip(),
    "minute": made.basic2004("2004 4th Edition").zip(),
}


def publish() -> None:
    """Take in every shape and give it a lesson."""
    course = CoursePage(title="互动课件", slug=SLUG, summary="各种课件", category="skills")
    CourseIndexPage.objects.get().add_child(instance=course)
    for shape, archive in SHAPES.items():
        package = ScormPackage(title=shape, minutes=1, file=ContentFile(archive, name=f"{shape}.zip"))
        packages.take_in(package=package, by=None)
        packages.unpack(package_id=package.pk)
        course.add_child(instance=LessonPage(title=f"课件 {shape}", slug=shape, package=package))
    # One that gets its package by hand.
    course.add_child(instance=LessonPage(title="课件 walk", slug="walk"))
