"""What the films and the package of a lesson are worth to who looks at it today, in words for its editor."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from wagtail.models import Page

from courses import media_status
from courses.models import LessonPage, MediaFile
from courses.package_forms import PROBLEMS


def films_of(page: LessonPage) -> Iterator[MediaFile]:
    """The lesson's own film first, then those in its text."""
    if page.media:
        yield page.media
    yield from page.films_inside()


def problem_of(page: Page) -> str:
    """Why a page cannot be handed in as it is: a film or package in it will not play; "" when all is well."""
    if not isinstance(page, LessonPage):
        return ""
    for film in films_of(page):
        if film.refused:
            words = {"title": film.title, "reason": media_status.reason_of(film)}
            return _("视频“%(title)s”没有处理成功：%(reason)s") % words
    package = page.package
    if package and package.state == package.State.REFUSED:
        words = {"title": package.title, "reason": PROBLEMS.get(package.reason, package.reason)}
        return _("互动课件“%(title)s”不能使用：%(reason)s") % words
    return ""


def state_of(page: Page) -> tuple[str, str]:
    """How far what plays in a lesson is: ``good``, ``waits`` or ``bad`` and the words; empty for a page without a film."""
    if not isinstance(page, LessonPage):
        return "", ""
    if problem := problem_of(page):
        return "bad", problem
    waiting = [film for film in films_of(page) if film.state in MediaFile.WAITING]
    if waiting:
        words = {"title": waiting[0].title, "state": waiting[0].get_state_display(), "percent": waiting[0].percent}
        return "waits", _("视频“%(title)s”：%(state)s %(percent)s%%") % words
    if page.package and not page.package.ready:
        return "waits", _("互动课件“%(title)s”：等待解压") % {"title": page.package.title}
    return ("good", _("视频可以播放")) if page.media else ("", "")
