"""The first page of the admin: where to begin, what is unfinished, what waits for whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail.admin.ui.components import Component
from wagtail.models import Page, TaskState, WorkflowState

from cms.models import NewsIndexPage, NewsPage
from courses.models import CourseIndexPage, CoursePage
from lms.members.permissions import can_anywhere

SHOWN = 10
"""Rows of a list on the front page; all are in the page tree."""


class Entry(NamedTuple):
    """A large button: what it is called, one sentence, where it leads, an icon of Wagtail's."""

    label: str
    help: str
    url: str
    icon: str


class Waiting(NamedTuple):
    """A course with pages that wait for approval."""

    course: CoursePage
    pages: int
    by: Any


def entries(user: Any) -> Iterator[Entry]:
    """What this person can begin, the most frequent first."""
    course, news = new_course(user), _new_page(user, NewsIndexPage, NewsPage)
    if course:
        yield Entry(_("新建课程"), _("先建课程，再在里面加课时。"), course, "openquote")
    media = reverse("wagtailmedia:add", args=["video"])
    yield Entry(_("上传视频"), _("MP4、MOV 都行，断了可以接着传，自动转成慢网络也能看的版本。"), media, "media")
    yield Entry(
        _("上传图片"), _("课程封面、正文插图，一次可以选很多张。"), reverse("wagtailimages:add_multiple"), "image"
    )
    documents = reverse("wagtaildocs:add_multiple")
    yield Entry(_("上传资料"), _("PDF、表格、文稿，学员可以在课时里下载。"), documents, "doc-full")
    package = reverse("wagtailsnippets_courses_scormpackage:list")
    yield Entry(_("互动课件"), _("已有的 SCORM 课件包和 EPUB 电子书从这里上传。"), package, "cogs")
    yield Entry(_("题目统计"), _("看学员答得怎样，哪些题该改。"), reverse("quiz-statistics"), "help")
    if news:
        yield Entry(_("写动态"), _("通知、活动和典型经验，发在网站的“动态”里。"), news, "edit")


def new_course(user: Any) -> str:
    """The address of the form of a new course, or nothing where this person may not add one."""
    return _new_page(user, CourseIndexPage, CoursePage)


def _new_page(user: Any, index: type[Page], model: type[Page]) -> str:
    parent = index.objects.first()
    if parent is None or not parent.permissions_for_user(user).can_add_subpage():
        return ""
    return reverse("wagtailadmin_pages:add", args=[model._meta.app_label, model._meta.model_name, parent.pk])


def drafts(user: Any) -> list[Page]:
    """The person's own pages that are not public as they stand and were not handed in, the latest first."""
    unfinished = Page.objects.filter(owner=user, has_unpublished_changes=True).order_by("-latest_revision_created_at")
    active = WorkflowState.objects.filter(status=WorkflowState.STATUS_IN_PROGRESS).values_list("object_id", flat=True)
    handed_in = {int(pk) for pk in active}
    return [page for page in unfinished.specific(defer=True) if page.pk not in handed_in][:SHOWN]


def waiting(user: Any) -> list[Waiting]:
    """The courses of which this person can approve something, the longest wait first."""
    found: dict[str, Waiting] = {}
    states = TaskState.objects.reviewable_by(user).select_related("workflow_state__requested_by").order_by("started_at")
    paths = dict(CoursePage.objects.values_list("path", "pk"))
    for state in states.prefetch_related("revision__content_object"):
        page = state.revision.content_object
        path = _course_path(page, paths) if isinstance(page, Page) else ""
        if path:
            known = found.get(path)
            course = known.course if known else CoursePage.objects.get(path=path)
            found[path] = Waiting(course, known.pages + 1 if known else 1, state.workflow_state.requested_by)
    return list(found.values())


def _course_path(page: Page, paths: Mapping[str, int]) -> str:
    """The path of the course that a page is or belongs to, or nothing."""
    return next((path for path in (page.path, page.path[: -Page.steplen]) if path in paths), "")


class StartPanel(Component):
    """The large entries, the drafts, and for who approves the courses that wait."""

    order = 10
    template_name = "cms/admin/_start.html"

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        user = parent_context["request"].user
        return {
            "entries": list(entries(user)),
            "drafts": drafts(user),
            "waiting": waiting(user) if can_anywhere(user, "content.approve") else [],
        }
